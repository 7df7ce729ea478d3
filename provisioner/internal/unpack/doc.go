// Package unpack extracts the files of an archive into a folder, an os.Root. It is the only extractor of the project.
// It trusts nothing in an archive: names, links, sizes and modes are checked by the same rules on every platform, and
// the extracted bytes, the entries and the memory for decoding are limited.
//
// It knows tar (plain, or compressed with gzip, zstd, xz or bzip2), zip, single files compressed with one of the four,
// and plain files.
//
// It does not check a digest of the archive: the caller hashes the bytes as they pass. It does not flush files to disk,
// although large ones bypass the page cache. It does not keep times or owners, and it does not clean up: after an error
// the caller removes the folder.
package unpack
