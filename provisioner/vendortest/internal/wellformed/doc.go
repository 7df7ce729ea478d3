// Package wellformed checks what a vendor returns against the rules of its contract, by looking at the values alone:
// descriptions, releases and rejections. It also derives wrong queries from a description. It calls no vendor and reads
// no file.
package wellformed
