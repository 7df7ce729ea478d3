package store

import "os"

// Windows itself deletes no executable that is in use.

func share(*os.File) bool { return true }
func claim(*os.File) bool { return true }
