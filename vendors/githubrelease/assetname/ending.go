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

// endings gives the meaning of a name's ending: how it is packed, or why it is no worker. The longest that fits counts.
var endings = map[string]struct {
	pack         packing
	rejectReason string
}{
	".tar.gz": {pack: tarball}, ".tgz": {pack: tarball}, ".tar.zst": {pack: tarball}, ".tzst": {pack: tarball},
	".tar.xz": {pack: tarball}, ".txz": {pack: tarball}, ".tar.bz2": {pack: tarball}, ".tbz2": {pack: tarball},
	".tbz": {pack: tarball}, ".tar": {pack: tarball}, ".zip": {pack: zipped}, ".exe": {pack: executable},
	".gz": {pack: executable}, ".xz": {pack: executable}, ".zst": {pack: executable}, ".bz2": {pack: executable},
	".app.zip": {rejectReason: "a desktop application"}, ".app.tar.gz": {rejectReason: "a desktop application"},
	".src.tar.gz": {rejectReason: "source code"}, ".src.zip": {rejectReason: "source code"}, ".crate": {rejectReason: "source code"},
	".dmg": {rejectReason: "an installer"}, ".pkg": {rejectReason: "an installer"}, ".msi": {rejectReason: "an installer"}, ".deb": {rejectReason: "an installer"},
	".rpm": {rejectReason: "an installer"}, ".apk": {rejectReason: "an installer"}, ".msix": {rejectReason: "an installer"}, ".run": {rejectReason: "an installer"},
	".msixbundle": {rejectReason: "an installer"}, ".appx": {rejectReason: "an installer"}, ".appimage": {rejectReason: "an installer"},
	".flatpak": {rejectReason: "an installer"}, ".snap": {rejectReason: "an installer"}, ".ipa": {rejectReason: "an installer"}, ".aab": {rejectReason: "an installer"},
	".pkg.tar.zst": {rejectReason: "an installer"}, ".pkg.tar.xz": {rejectReason: "an installer"}, ".ipk": {rejectReason: "an installer"},
	".whl": {rejectReason: "a Python package"}, ".nupkg": {rejectReason: "a package of .NET"}, ".jar": {rejectReason: "a package of Java"},
	".sha1": {rejectReason: "checksums"}, ".sha256": {rejectReason: "checksums"}, ".sha256sum": {rejectReason: "checksums"}, ".sha512": {rejectReason: "checksums"},
	".sha512sum": {rejectReason: "checksums"}, ".md5": {rejectReason: "checksums"}, ".md5sum": {rejectReason: "checksums"}, ".sum": {rejectReason: "checksums"},
	".sig": {rejectReason: "a signature"}, ".asc": {rejectReason: "a signature"}, ".gpg": {rejectReason: "a signature"}, ".minisig": {rejectReason: "a signature"},
	".pem": {rejectReason: "a signature"}, ".crt": {rejectReason: "a signature"}, ".sigstore": {rejectReason: "a signature"},
	".sigstore.json": {rejectReason: "a signature"}, ".bundle": {rejectReason: "a signature"}, ".intoto.jsonl": {rejectReason: "an attestation"},
	".spdx": {rejectReason: "a parts list"}, ".spdx.json": {rejectReason: "a parts list"}, ".cdx.json": {rejectReason: "a parts list"},
	".cdx.xml": {rejectReason: "a parts list"}, ".sbom": {rejectReason: "a parts list"}, ".sbom.json": {rejectReason: "a parts list"},
	".7z": {rejectReason: unsupportedPacking}, ".rar": {rejectReason: unsupportedPacking},
}

var (
	extension = lazyregexp.New(`\.[a-z][a-z0-9]{0,11}$`)
	// fragment is an archive's ending in the midst of a name, as in "x.tar.gz.001" and "x.exe.blockmap".
	fragment = lazyregexp.New(`\.(tar|tgz|txz|tzst|zip|7z|rar|gz|xz|zst|bz2|exe|dmg|msi|deb|rpm|appimage)[.-][^.]*$`)
)

// splitEnding cuts the packing off a name in lower case. What ends otherwise is an executable, if its last dot begins no
// extension.
func splitEnding(name string) (stem string, pack packing, rejectReason string) {
	for i := range name {
		if e, ok := endings[name[i:]]; ok && i > 0 {
			return name[:i], e.pack, e.rejectReason
		}
	}
	if fragment().MatchString(name) {
		return name, executable, "a part of another file, or about one"
	}
	if ext := extension().FindString(name); ext != "" && words[ext[1:]].arch == "" && words[ext[1:]].os == "" {
		return strings.TrimSuffix(name, ext), executable, "not a program"
	}
	return name, executable, ""
}

var (
	archWords = strings.NewReplacer(
		"x86_64", "amd64", "x86-64", "amd64", "x86.64", "amd64", "amd64v1", "amd64", "amd64v2", "amd64-v2", "amd64v3", "amd64-v3",
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
	stem = apartGPU().ReplaceAllString(archWords.Replace(stem), "$1$2$3$4")
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
