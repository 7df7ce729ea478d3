// Package unpack turns the bytes of an archive into files under an os.Root. It is the only extractor of the project, and it
// believes nothing that an archive says: names, links, sizes and modes are checked alike on every platform, and what the
// archive may become is bounded in bytes, entries and memory.
//
// It knows tar (plain, or packed by gzip, zstd, xz or bzip2), zip, single files packed by one of the four, and plain
// files. It verifies no digest of the archive (the caller hashes the bytes as they pass), syncs nothing to disk (though large
// files go around the page cache), keeps no times or owners, and cleans nothing up: after an error the caller discards the folder.
package unpack
