// Package atomicfile writes files that are either whole or not there.
//
// The bytes go to a temporary file in the same directory, which is flushed to the disk and then renamed over the
// target. A reader, or a machine that loses power, sees the old file or the new one, never a part of it.
package atomicfile
