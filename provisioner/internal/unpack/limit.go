package unpack

import "fmt"

// Limits are the limits of one extraction. For a field that is not positive, the default is used.
type Limits struct {
	Packed  int64 // bytes of the archive itself; default 32 GiB
	Bytes   int64 // bytes when decompressed, with headers and the holes of sparse files; default 32 GiB
	Entries int   // entries, and the folders that they need; default 100,000
	// Ratio is how many bytes may be extracted per byte of the archive, not counting the first 16 MiB. Executables and
	// libraries have ratios of 2 to 10, a gzip bomb has 1000, so the default is 200.
	Ratio int64
	// Path is the length of a name or of the target of a link in bytes. The default is 512: macOS allows paths of
	// 1024, so the folder above may be as long again.
	Path int
}

const (
	ratioAllowance = 16 << 20
	// maxWindow is the memory in bytes that a decoder may use for its window; `xz -9` needs 64 MiB, `zstd --long` 128
	// MiB.
	maxWindow = 128 << 20
	// maxZipDirectory is the size in bytes of a zip's directory, which is read into memory. 16 MiB are enough for
	// 100,000 entries with names of 120 bytes.
	maxZipDirectory = 16 << 20
)

func (l Limits) withDefaults() Limits {
	l.Packed = positiveOr(l.Packed, 32<<30)
	l.Bytes = positiveOr(l.Bytes, 32<<30)
	l.Entries = positiveOr(l.Entries, 100_000)
	l.Ratio = positiveOr(l.Ratio, 200)
	l.Path = positiveOr(l.Path, 512)
	return l
}

func positiveOr[T int | int64](n, fallback T) T {
	if n > 0 {
		return n
	}
	return fallback
}

// Limit names a limit in a LimitError; its text completes the sentence "exceeds the limit of N".
type Limit string

// The limits.
const (
	LimitPacked    Limit = "packed bytes"
	LimitBytes     Limit = "unpacked bytes"
	LimitEntries   Limit = "entries"
	LimitRatio     Limit = "unpacked bytes per packed byte"
	LimitPath      Limit = "bytes in a path"
	LimitMemory    Limit = "bytes of memory for a decoder"
	LimitDirectory Limit = "bytes of zip directory"
)

// LimitError means that an extraction stopped because it reached a limit.
type LimitError struct {
	Limit Limit
	Max   int64
}

// Error names the limit.
func (e *LimitError) Error() string {
	return fmt.Sprintf("archive exceeds the limit of %d %s", e.Max, e.Limit)
}

// budget counts how much of its limits an extraction has used.
type budget struct {
	Limits
	in      *source
	content int64 // bytes of files so far
	entries int
}

// allow returns an error if total decompressed bytes are too many, or too many for the bytes of the archive read so
// far.
func (b *budget) allow(total int64) error {
	switch {
	case total > b.Bytes:
		return &LimitError{LimitBytes, b.Bytes}
	case (total-ratioAllowance)/b.Ratio > b.in.count:
		return &LimitError{LimitRatio, b.Ratio}
	default:
		return nil
	}
}

// allowFile returns an error if the limits do not allow a file of the size that its header gives, in bytes. So a file
// that is too large is refused before its first byte is written.
func (b *budget) allowFile(size uint64) error {
	if size > uint64(b.Bytes-b.content) {
		return &LimitError{LimitBytes, b.Bytes}
	}
	return nil
}

func (b *budget) addEntry() error {
	b.entries++
	if b.entries > b.Entries {
		return &LimitError{LimitEntries, int64(b.Entries)}
	}
	return nil
}

func (b *budget) allowPath(name string) error {
	if len(name) > b.Path {
		return &LimitError{LimitPath, int64(b.Path)}
	}
	return nil
}
