package workers

//go:generate go run ../kernels/asm -file pause
