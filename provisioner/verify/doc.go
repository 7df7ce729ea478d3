// Package verify compares installed entries of the catalog with what their records say: sizes, modes, links, digests,
// the format of the executable, leftovers, and contradictions between the records.
//
// It writes nothing. The engine repairs what is reported here.
package verify
