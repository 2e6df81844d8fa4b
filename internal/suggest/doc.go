// Package suggest answers a mistyped name with the known name that was probably meant.
//
// Every table of names (optimizers, schedules, criteria, metrics, initialisers, configuration keys) reports a name it
// does not hold through [Unknown], so that the message reads the same everywhere and errors.Is(err, [ErrUnknown]) tells
// a command that the fault is in what it was asked, not in what it did.
package suggest
