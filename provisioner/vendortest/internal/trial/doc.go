// Package trial runs a vendor for the checks of one suite: it makes the folders, starts a vendor for each operation,
// limits how long a call takes, cancels calls, and watches what happens outside of the vendor's folders. It also keeps
// what earlier checks learned for the later ones. Whether what it sees is right is decided by package checks.
package trial
