// Package contract holds tests of what all public packages promise alike.
package contract
