// Package prune frees disk space: it removes old workers by rules, what killed processes left in staging, and the
// caches of vendors. It removes nothing that is in use or being installed. It does not install or repair anything.
package prune
