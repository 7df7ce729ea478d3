package catalog

import (
	"cmp"
	"strings"
)

// folderName is what an ID of ours tells as the name of a folder, read without the regular expressions of ParseID: of
// thousands of names one is wanted.
type folderName struct {
	workerType WorkerType
	platform   Platform
	arch       Arch
	version    age
}

// readFolderName reads a name that is an ID of ours, and reports false for any other. It agrees with ParseID, which is
// asked where the version is more than three numbers.
func readFolderName(name string) (folderName, bool) {
	slug, rest, ok := strings.Cut(name, idInfix+"-v")
	if !ok {
		return folderName{}, false
	}
	n := folderName{workerType: WorkerType(slug)}
	text, last, _ := cutLast(rest, "-")
	n.platform = Platform(last)
	n.arch = n.platform.UsualArch()
	isUsual := n.platform.Valid()
	if !isUsual {
		n.arch = Arch(last)
		text, last, _ = cutLast(text, "-")
		n.platform = Platform(last)
	}
	if n.version, ok = plainAge(text); ok {
		isWritten := isUsual || n.arch != n.platform.UsualArch() // the usual one is left out
		return n, isWritten && n.workerType.Valid() && n.platform.Valid() && n.arch.Valid()
	}
	id, err := ParseID(name)
	return folderName{id.Type, id.Platform, id.Arch, ageOf(id.Version)}, err == nil
}

// age orders versions as Version.Compare does, without parsing most of them: few have the same first three numbers.
type age struct {
	numbers [3]int64 // all -1 for no version
	text    string   // of the version
	isPlain bool     // the numbers are all of it
}

// noVersion is older than any.
var noVersion = age{numbers: [3]int64{-1, -1, -1}, isPlain: true}

func ageOf(v Version) age {
	if v.IsZero() {
		return noVersion
	}
	a := age{text: v.String()}
	segments := v.v.Segments64()
	copy(a.numbers[:], segments)
	a.isPlain = len(segments) == len(a.numbers) && v.v.Prerelease() == ""
	return a
}

// plainAge reads three numbers as a version is written, and nothing else.
func plainAge(text string) (age, bool) {
	a := age{text: text, isPlain: true}
	number, digits := 0, 0
	for i := range len(text) {
		isDigit := '0' <= text[i] && text[i] <= '9'
		switch {
		case isDigit && digits < maxDigits && (digits == 0 || a.numbers[number] != 0):
			a.numbers[number] = 10*a.numbers[number] + int64(text[i]-'0')
			digits++
		case text[i] == '.' && digits > 0 && number < len(a.numbers)-1:
			number++
			digits = 0
		default:
			return age{}, false
		}
	}
	return a, number == len(a.numbers)-1 && digits > 0
}

// plainAgeBetween reads what stands in a name between a prefix and a suffix. Most of the names that count are read by
// it alone.
func plainAgeBetween(prefix, name, suffix string) (age, bool) {
	rest, ok := strings.CutPrefix(name, prefix)
	if !ok {
		return age{}, false
	}
	text, ok := strings.CutSuffix(rest, suffix)
	if !ok {
		return age{}, false
	}
	return plainAge(text)
}

// maxDigits is how many digits fit an int64, whichever they are.
const maxDigits = 18

func (a age) compare(b age) int {
	for i, n := range a.numbers {
		if n != b.numbers[i] {
			return cmp.Compare(n, b.numbers[i])
		}
	}
	if a.isPlain && b.isPlain {
		return 0
	}
	return a.parsed().Compare(b.parsed())
}

// parsed is the version itself.
func (a age) parsed() Version {
	v, err := ParseVersion(a.text)
	if err != nil {
		return Version{}
	}
	return v
}
