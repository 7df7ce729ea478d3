// Package assetname chooses, among the names of a release's assets, the one that holds a worker for a machine. It knows
// what the words of such names mean: operating systems, architectures, backends, GPUs, distributions, packings.
//
// It sees names alone. It makes no requests, reads no files and knows nothing of GitHub. Because a wrong choice is
// worse than none, it returns AmbiguousAsset if the names do not decide.
package assetname
