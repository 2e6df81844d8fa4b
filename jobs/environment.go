package jobs

import (
	"runtime"
	"runtime/debug"

	"github.com/gtrain/gtrain/internal/kernels"
	"github.com/gtrain/gtrain/threads"
)

// BuildInfo says what program this is and what it runs on.
type BuildInfo struct {
	Version string `json:"version"`
	Commit  string `json:"commit,omitempty"`
	Go      string `json:"go"`
	OS      string `json:"os"`
	Arch    string `json:"arch"`
	Kernels string `json:"kernels"` // instruction set in use
	Cores   int    `json:"cores"`
}

// Build describes this program.
func Build() BuildInfo {
	b := BuildInfo{Version: "devel", Go: runtime.Version(), OS: runtime.GOOS, Arch: runtime.GOARCH, Kernels: kernels.ISA(),
		Cores: runtime.NumCPU()}
	if info, ok := debug.ReadBuildInfo(); ok {
		if v := info.Main.Version; v != "" && v != "(devel)" {
			b.Version = v
		}
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" {
				b.Commit = s.Value
			}
		}
	}
	return b
}

// Env is what a run's numbers depend on beside its settings.
type Env struct {
	BuildInfo
	Threads int    `json:"threads"`
	Seed    uint64 `json:"seed"`
}

// Environment describes this process.
func Environment(seed uint64) Env {
	return Env{BuildInfo: Build(), Threads: threads.Limit(), Seed: seed}
}
