package models

var lenet5 = Info{"lenet-5", "convolutions of 20 and 50 5×5 filters, each with ReLU and a max-pool, and 500 ReLU units; " +
	"431,080 parameters on MNIST",
	"LeCun et al. 1998, Gradient-Based Learning Applied to Document Recognition, in the sizes of Caffe's example",
	func() []Layer {
		return []Layer{
			Conv2D(20, 5, ReLU), MaxPool(2),
			Conv2D(50, 5, ReLU), MaxPool(2),
			Flatten(), Dense(500, ReLU),
		}
	}}

var cnnSmall = Info{"cnn-small", "three 3×3 convolutions of 16, 32 and 64 filters, two max-pools and 64 ReLU units; " +
	"for images of 4×4 pixels and more", "",
	func() []Layer {
		return []Layer{
			Conv2D(16, 3, Same, ReLU),
			Conv2D(32, 3, Same, ReLU), MaxPool(2),
			Conv2D(64, 3, Same, ReLU), MaxPool(2),
			Flatten(), Dense(64, ReLU),
		}
	}}
