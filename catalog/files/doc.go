// Package files has the operations on files and folders that package os lacks: making trees durable,
// the size of a tree, deleting read-only trees, and exchanging two folders.
//
// It knows nothing of the catalog.
package files
