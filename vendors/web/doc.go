// Package web reads small documents for vendors: an index, a checksum file. It bounds their size, gives each failure
// its error kind, and parses checksum files.
//
// It does not download workers (package transfer does), keeps nothing on disk and knows no vendor.
package web
