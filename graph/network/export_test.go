package network

// Rounds is how often Latencies comes back to each network.
const Rounds = rounds
