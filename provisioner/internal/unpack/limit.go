package unpack

import "fmt"

// Limits bound what one archive may become. A field that is not positive stands for its default.
type Limits struct {
	Packed  int64 // bytes of the archive itself; default 32 GiB
	Bytes   int64 // bytes that it unpacks to, its own headers and the holes of sparse files included; default 32 GiB
	Entries int   // entries, and folders that they imply; default 100,000
	// Ratio bounds unpacked to packed bytes; the first 16 MiB unpacked are free of it. Executables and libraries pack 2:1 to
	// 10:1, a bomb of gzip 1000:1, so the default is 200.
	Ratio int64
	// Path is the length of a name or of a link's target in bytes. The default of 512 leaves the folder above as much again
	// before macOS's 1024 are reached.
	Path int
}

const (
	ratioAllowance = 16 << 20
	// maxWindow is the memory in bytes that a decoder may take for its window; `xz -9` needs 64 MiB, `zstd --long` 128 MiB.
	maxWindow = 128 << 20
	// maxZipDirectory is read into memory at once; 16 MiB list 100,000 entries with names of 120 bytes.
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

// Limit names what a LimitError is about.
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

// LimitError tells that an archive was stopped at one of its limits.
type LimitError struct {
	Limit Limit
	Max   int64
}

// Error names the limit.
func (e *LimitError) Error() string {
	return fmt.Sprintf("archive exceeds the limit of %d %s", e.Max, e.Limit)
}

// budget is what of the limits one extraction has used.
type budget struct {
	Limits
	in      *source
	content int64 // bytes of files
	entries int
}

// allow refuses total unpacked bytes that are too many, or too many for the packed bytes read so far.
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

// announce refuses a file of size bytes, as its archive tells, that could not be unpacked to its end.
func (b *budget) announce(size uint64) error {
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
