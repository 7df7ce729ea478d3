package assetname

import (
	"strings"

	"github.com/rbee-keeper/provision/vendors/internal/lazyregexp"
)

// packing is how an asset holds its files.
type packing string

const (
	tarball    packing = "tar"
	zipped     packing = "zip"
	executable packing = "executable"
)

const unsupportedPacking = "packed in a way that is not supported"

// The endings of names: by the packing that they mean, and by the reason why such a file is not a worker.
var (
	packed = map[packing]string{
		executable: ".bz2 .exe .gz .xz .zst",
		tarball:    ".tar .tar.bz2 .tar.gz .tar.xz .tar.zst .tbz .tbz2 .tgz .txz .tzst",
		zipped:     ".zip",
	}
	notPrograms = map[string]string{
		"a Python package":      ".whl",
		"a desktop application": ".app.tar.gz .app.zip",
		"a package of .NET":     ".nupkg",
		"a package of Java":     ".jar",
		"a parts list":          ".cdx.json .cdx.xml .sbom .sbom.json .spdx .spdx.json",
		"a signature":           ".asc .bundle .crt .gpg .minisig .pem .sig .sigstore .sigstore.json",
		"an attestation":        ".intoto.jsonl",
		"an installer": ".aab .apk .appimage .appx .deb .dmg .flatpak .ipa .ipk .msi .msix .msixbundle .pkg " +
			".pkg.tar.xz .pkg.tar.zst .rpm .run .snap",
		"checksums":        ".md5 .md5sum .sha1 .sha256 .sha256sum .sha512 .sha512sum .sum",
		unsupportedPacking: ".7z .rar",
		"source code":      ".crate .src.tar.gz .src.zip",
	}
)

// endings holds the meaning of each ending. The longest that fits counts.
var endings = map[string]ending{}

type ending struct {
	pack         packing
	rejectReason string
}

func init() {
	for pack, text := range packed {
		for end := range strings.FieldsSeq(text) {
			endings[end] = ending{pack: pack}
		}
	}
	for reason, text := range notPrograms {
		for end := range strings.FieldsSeq(text) {
			endings[end] = ending{rejectReason: reason}
		}
	}
}

var (
	extension = lazyregexp.New(`\.[a-z][a-z0-9]{0,11}$`)
	// fragment matches an archive's ending inside a name, as in "x.tar.gz.001" and "x.exe.blockmap".
	fragment = lazyregexp.New(`\.(tar|tgz|txz|tzst|zip|7z|rar|gz|xz|zst|bz2|exe|dmg|msi|deb|rpm|appimage)[.-][^.]*$`)
)

// splitEnding cuts the packing off a name in lower case. A name without a known ending is that of an executable, unless
// it has another extension.
func splitEnding(name string) (stem string, pack packing, rejectReason string) {
	for i := range name {
		if e, ok := endings[name[i:]]; ok && i > 0 {
			return name[:i], e.pack, e.rejectReason
		}
	}
	if fragment().MatchString(name) {
		return name, executable, "a part of another file, or a description of one"
	}
	if ext := extension().FindString(name); ext != "" && words[ext[1:]].arch == "" && words[ext[1:]].os == "" {
		return strings.TrimSuffix(name, ext), executable, "not a program"
	}
	return name, executable, ""
}

var (
	spellings = strings.NewReplacer(
		"x86_64", "amd64", "x86-64", "amd64", "x86.64", "amd64", "amd64v1", "amd64", "amd64v2", "amd64-v2", "amd64v3",
		"amd64-v3",
		"amd64v4", "amd64-v4", "v8_0", "armv8.0", "w64-mingw32", "mingw64",
		"x64v1", "amd64", "x64v2", "amd64-v2", "x64v3", "amd64-v3", "x64v4", "amd64-v4", "aarch_64", "arm64", "x86_32", "386",
		"avx512_bf16", "avx512bf16", "avx512-bf16", "avx512bf16",
	)
	separators  = lazyregexp.New(`[-_ +()~@,;&=#\[\]]+`)
	wordNumber  = lazyregexp.New(`^([a-z]+?)(\d+(?:\.\d+)*)$`)
	plainNumber = lazyregexp.New(`^v?\d+(\.\d+)*$`)
	bareNumber  = lazyregexp.New(`^\d+(\.\d+)*$`)
)

// split cuts a stem in lower case into words; a dot between digits stays.
func split(stem string) []string {
	var all []string
	stem = apartGPU().ReplaceAllString(spellings.Replace(stem), "$1$2$3$4")
	for _, word := range separators().Split(stem, -1) {
		_, isKnown := words[word]
		switch {
		case word == "":
		case isKnown || plainNumber().MatchString(word) || wordNumber().MatchString(word) || armLevel().MatchString(word):
			all = append(all, word)
		default:
			all = append(all, strings.FieldsFunc(word, func(r rune) bool { return r == '.' })...)
		}
	}
	return all
}
