// Package prune frees the disk of what an installation no longer needs: old workers by rules, what killed processes left in staging,
// and what vendors keep only to be faster. It removes nothing that somebody uses or works on, and it installs and repairs nothing.
package prune
