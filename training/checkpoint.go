package training

import (
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"runtime"

	"github.com/gtrain/gtrain/internal/atomicfile"
	"github.com/gtrain/gtrain/internal/kernels"
	"github.com/gtrain/gtrain/models"
)

// The folders and files of checkpoints.
const (
	lastDir       = "last"
	bestDir       = "best"
	optimizerFile = "optimizer.state"
	progressFile  = "progress.json"
	iterateFile   = "iterate.onnx" // weights that training goes on from, where the model's are averages of them
)

// record is progress.json: where training stood, and what must be the same to go on.
type record struct {
	progress
	Optimizer   string  `json:"optimizer"`
	Batch       int     `json:"batch"`
	Seed        uint64  `json:"seed"`
	Monitor     string  `json:"monitor"`
	Fingerprint string  `json:"fingerprint"`
	Rows        string  `json:"rows"`  // SHA-256 of the training and validation rows
	Model       string  `json:"model"` // SHA-256 of all of the network but its weights
	History     History `json:"history"`
	Seconds     float64 `json:"seconds"`
	// What records of earlier versions lack.
	Run      string            `json:"run,omitempty"`     // identity of the training, the same in all its checkpoints
	Files    map[string]string `json:"files,omitempty"`   // SHA-256 of the files beside, by name
	Kernels  string            `json:"kernels,omitempty"` // instruction set that the numbers were computed with
	Arch     string            `json:"arch,omitempty"`    // processor, likewise
	Program  string            `json:"program,omitempty"` // Config.Program
	Checksum string            `json:"checksum"`          // SHA-256 of the record with this empty; the last field
}

func (t *Trainer) record() record {
	return record{progress: t.state, Optimizer: t.cfg.Optimizer.Name(), Batch: t.cfg.Batch, Seed: t.cfg.Seed,
		Monitor: t.cfg.Monitor, Fingerprint: t.data.Fingerprint, Rows: t.rows, Model: t.structure, History: t.history,
		Seconds: t.seconds, Run: t.run, Kernels: kernels.ISA(), Arch: runtime.GOARCH, Program: t.cfg.Program}
}

// write writes the record of the files that are in the folder.
func (r record) write(dir string) error {
	r.Files = map[string]string{}
	for _, name := range []string{models.File, iterateFile, optimizerFile} {
		sum, err := fileDigest(filepath.Join(dir, name))
		if os.IsNotExist(err) && name == iterateFile {
			continue
		}
		if err != nil {
			return err
		}
		r.Files[name] = sum
	}
	r.Checksum = ""
	b, err := json.Marshal(r)
	if err != nil {
		return err
	}
	r.Checksum = digest(b)
	path := filepath.Join(dir, progressFile)
	return atomicfile.WriteFile(path, func(w io.Writer) error {
		enc := json.NewEncoder(w)
		enc.SetIndent("", "  ")
		return enc.Encode(r)
	})
}

// replaceDir fills a new folder and puts it in dir's place: if the disk fills up, what was there before stays. A folder
// cannot be replaced by one rename; between the two the old one has the name dir.old, where present finds it.
func replaceDir(dir string, fill func(dir string) error) (err error) {
	if err := os.MkdirAll(filepath.Dir(dir), 0o777); err != nil {
		return err
	}
	fresh, old := dir+".new", dir+".old"
	if err := os.RemoveAll(fresh); err != nil {
		return err
	}
	if err := os.Mkdir(fresh, 0o777); err != nil {
		return err
	}
	defer func() {
		if err != nil {
			os.RemoveAll(fresh)
		}
	}()
	if err := fill(fresh); err != nil {
		return err
	}
	if _, err := os.Stat(dir); err == nil {
		if err := os.RemoveAll(old); err != nil {
			return err
		}
		if err := os.Rename(dir, old); err != nil {
			return err
		}
	}
	if err := os.Rename(fresh, dir); err != nil {
		os.Rename(old, dir) // where it fails too, present still finds it
		return err
	}
	return os.RemoveAll(old)
}

// present is where a folder that replaceDir writes is to be read: dir, or dir.old after a crash between two renames.
func present(dir string) (string, bool) {
	for _, d := range []string{dir, dir + ".old"} {
		if _, err := os.Stat(d); err == nil {
			return d, true
		}
	}
	return dir, false
}
