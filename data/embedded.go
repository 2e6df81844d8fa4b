package data

import (
	"embed"
	"io/fs"

	"github.com/gtrain/gtrain/settings"
	"github.com/pkg/errors"
)

// Info describes an embedded dataset.
type Info struct {
	Name     string
	Rows     int
	Features int
	Classes  int // 0 for regression
	Task     Task
	Doc      string // one line
	Source   string // who made it, and where it is from
}

//go:embed embedded/*.csv
var files embed.FS

// datasets is the table of embedded datasets: name, rows, features, classes, task, what it is, where it is from.
var datasets = settings.NewRegistry("dataset", func(i Info) string { return i.Name },
	Info{"iris", 150, 4, 3, Classification, "species of iris from four measurements of the flower, in cm",
		"R. A. Fisher 1936, The Use of Multiple Measurements in Taxonomic Problems; scikit-learn's copy"},
	Info{"wine", 178, 13, 3, Classification, "grower of an Italian wine from its chemical analysis",
		"S. Aeberhard and M. Forina 1992, UCI Machine Learning Repository; scikit-learn's copy"},
	Info{"breast_cancer", 569, 30, 2, Classification, "benign or malignant, from cell nuclei in an image of a breast mass",
		"W. Wolberg, O. Mangasarian, N. Street, W. Street 1995, UCI Machine Learning Repository; scikit-learn's copy"},
	Info{"digits", 1797, 64, 10, Classification, "handwritten digits, images of 8×8 pixels from 0 to 16",
		"E. Alpaydin and C. Kaynak 1998, UCI Machine Learning Repository (test part); scikit-learn's copy"},
	Info{"diabetes", 442, 10, 0, Regression, "progression of diabetes after one year from ten measurements (not scaled)",
		"B. Efron, T. Hastie, I. Johnstone, R. Tibshirani 2004, Least Angle Regression; scikit-learn's copy"})

// Datasets lists the embedded datasets.
func Datasets() []Info { return datasets.All() }

func isEmbedded(name string) bool {
	_, ok := datasets.Find(name)
	return ok
}

// embeddedReader reads the datasets that are part of the program.
var embeddedReader = reader{
	Format: Format{"embedded", "the name of a dataset that is part of gtrain"},
	detect: func(spec string, _ fs.FileInfo) bool { return isEmbedded(spec) },
	read: func(spec string, opt Options) (*Dataset, error) {
		f, err := files.Open("embedded/" + spec + ".csv")
		if err != nil {
			return nil, errors.Wrap(err, "opening the data")
		}
		defer f.Close()
		return ReadCSV(f, spec, opt)
	},
}
