package githubrelease

import "fmt"

func (j judge) fitLibc(f *fit) string {
	if j.os != "linux" {
		return ""
	}
	f.distroRank, f.glibcRank = j.distroRank(f.traits), closeTo(f.glibc, j.glibc)
	switch {
	case j.libc == "musl" && f.libc == "": // most likely of glibc, where another tells musl
		f.libcRank = 1
	case j.libc == "musl" && f.libc != "musl":
		return "it needs " + f.libc
	case f.libc == "musl" && j.libc != "musl":
		f.libcRank = 1
	case f.libc == "glibc" && f.glibc != "" && j.glibc != "" && compareNumbers(f.glibc, j.glibc) > 0:
		return fmt.Sprintf("built for glibc %s, and this machine's is %s", f.glibc, j.glibc)
	}
	return ""
}

// distroRank prefers what was built for the machine's distribution, then what was built for none.
func (j judge) distroRank(t traits) int {
	switch {
	case t.libc == "":
		return 1
	case t.distro == "":
		return 2
	case t.distro == j.distro:
		return 0
	case t.glibc != "":
		return 3
	default:
		return 4
	}
}
