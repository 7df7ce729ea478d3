package assetname

import "fmt"

// matchLibc rejects what needs another C library than the machine's, or a newer glibc.
func (m matcher) matchLibc(f *match) string {
	if m.os != "linux" {
		return ""
	}
	f.distroRank, f.glibcRank = m.distroRank(f.assetInfo), closenessOf(f.glibc, m.glibc)
	switch {
	case m.libc == "musl" && f.libc == "": // it probably needs glibc
		f.libcRank = 1
	case m.libc == "musl" && f.libc != "musl":
		return "it needs " + f.libc
	case f.libc == "musl" && m.libc != "musl":
		f.libcRank = 1
	case f.libc == "glibc" && f.glibc != "" && m.glibc != "" && compareNumbers(f.glibc, m.glibc) > 0:
		return fmt.Sprintf("built for glibc %s, and this machine's is %s", f.glibc, m.glibc)
	}
	return ""
}

// distroRank puts builds for the machine's distribution first, then builds for no distribution.
func (m matcher) distroRank(info assetInfo) int {
	switch {
	case info.libc == "":
		return 1
	case info.distro == "":
		return 2
	case info.distro == m.distro:
		return 0
	case info.glibc != "":
		return 3
	default:
		return 4
	}
}
