package rundir

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/gtrain/gtrain/jobs/config"
	"github.com/pkg/errors"
)

func TestCheckFile(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	for _, name := range []string{"in.csv", "old.csv", "m.onnx", "imgs/train-labels-idx1-ubyte", "run/config.yaml",
		"run/env.json", "project/config.yaml",
		"run/model.onnx", "run/last/model.onnx", "run/mine.csv", "net/model.onnx", "net/mine.csv"} {
		write(t, dir, name, name)
	}
	write(t, dir, "big.onnx", "…external_data: location weights.csv…")
	write(t, dir, "weights.csv", "")
	write(t, dir, "weight.txt", "")
	link := func(f func(a, b string) error, from, to string) {
		if err := f(from, to); err != nil {
			t.Fatal(err)
		}
	}
	link(os.Symlink, "in.csv", "soft.csv")
	link(os.Symlink, "soft.csv", "softer.csv")
	link(os.Symlink, filepath.Join(dir, "run"), "alias")
	link(os.Symlink, "nothing.csv", "dangling.csv")
	link(os.Link, "in.csv", "hard.csv")
	link(os.Link, "imgs/train-labels-idx1-ubyte", "labels")
	reads := []string{"in.csv", "big.onnx", "m.onnx", "imgs", "run", "net", "iris", ""}

	for path, why := range map[string]string{
		"in.csv":                         "is read as in.csv",
		"./run/../in.csv":                "is read as in.csv",
		filepath.Join(dir, "in.csv"):     "is read as in.csv",
		"soft.csv":                       "is read as in.csv",
		"softer.csv":                     "is read as in.csv",
		"hard.csv":                       "is read as in.csv",
		"m.onnx":                         "is read as m.onnx",
		"weights.csv":                    "is read as big.onnx",
		"labels":                         "is read as imgs",
		"imgs/train-labels-idx1-ubyte":   "is read as imgs",
		"net/model.onnx":                 "is read as net",
		"run/model.onnx":                 "is a file of the run in",
		"run/config.yaml":                "is a file of the run in",
		"run/last/model.onnx":            "is a file of the run in",
		"run/best/new.csv":               "is a file of the run in",
		"run/metrics.jsonl":              "is a file of the run in", // not there yet
		"run/Metrics.JSONL":              "is a file of the run in",
		"alias/report.json":              "is a file of the run in",
		"run":                            "is a directory",
		"dangling.csv":                   "is a link to nothing.csv, which is not there",
		"no/such/folder/new.csv":         "no/such/folder",
		filepath.Join("in.csv", "a.csv"): "in.csv",
	} {
		for _, force := range []bool{false, true} {
			err := CheckFile(path, force, reads...)
			mentions(t, err, why)
			if !errors.Is(err, config.ErrConfig) {
				t.Errorf("%s: %v is not config.ErrConfig", path, err)
			}
		}
	}
	for _, path := range []string{"old.csv", "weight.txt", "run/mine.csv", "alias/mine.csv", "net/mine.csv"} {
		if err := CheckFile(path, false, reads...); !errors.Is(err, ErrExists) || !errors.Is(err, config.ErrConfig) {
			t.Errorf("%s: %v, want ErrExists", path, err)
		}
		if err := CheckFile(path, true, reads...); err != nil {
			t.Errorf("%s with force: %v", path, err)
		}
	}
	for _, path := range []string{"new.csv", "run/new.csv", "imgs/new.csv", "project/best", os.DevNull} {
		if err := CheckFile(path, false, reads...); err != nil {
			t.Errorf("%s: %v", path, err)
		}
	}
	if left, _ := filepath.Glob(".*"); left != nil {
		t.Errorf("left behind: %q", left)
	}
	if runtime.GOOS != "windows" && os.Getuid() != 0 {
		if err := os.Chmod("imgs", 0o555); err != nil {
			t.Fatal(err)
		}
		mentions(t, CheckFile("imgs/new.csv", false), "permission denied")
	}
}
