package githubrelease

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
	pack packing
	drop string
}{
	".tar.gz": {pack: tarball}, ".tgz": {pack: tarball}, ".tar.zst": {pack: tarball}, ".tzst": {pack: tarball},
	".tar.xz": {pack: tarball}, ".txz": {pack: tarball}, ".tar.bz2": {pack: tarball}, ".tbz2": {pack: tarball},
	".tbz": {pack: tarball}, ".tar": {pack: tarball}, ".zip": {pack: zipped}, ".exe": {pack: executable},
	".gz": {pack: executable}, ".xz": {pack: executable}, ".zst": {pack: executable}, ".bz2": {pack: executable},
	".app.zip": {drop: "a desktop application"}, ".app.tar.gz": {drop: "a desktop application"},
	".src.tar.gz": {drop: "source code"}, ".src.zip": {drop: "source code"}, ".crate": {drop: "source code"},
	".dmg": {drop: "an installer"}, ".pkg": {drop: "an installer"}, ".msi": {drop: "an installer"}, ".deb": {drop: "an installer"},
	".rpm": {drop: "an installer"}, ".apk": {drop: "an installer"}, ".msix": {drop: "an installer"}, ".run": {drop: "an installer"},
	".msixbundle": {drop: "an installer"}, ".appx": {drop: "an installer"}, ".appimage": {drop: "an installer"},
	".flatpak": {drop: "an installer"}, ".snap": {drop: "an installer"}, ".ipa": {drop: "an installer"}, ".aab": {drop: "an installer"},
	".pkg.tar.zst": {drop: "an installer"}, ".pkg.tar.xz": {drop: "an installer"}, ".ipk": {drop: "an installer"},
	".whl": {drop: "a Python package"}, ".nupkg": {drop: "a package of .NET"}, ".jar": {drop: "a package of Java"},
	".sha1": {drop: "checksums"}, ".sha256": {drop: "checksums"}, ".sha256sum": {drop: "checksums"}, ".sha512": {drop: "checksums"},
	".sha512sum": {drop: "checksums"}, ".md5": {drop: "checksums"}, ".md5sum": {drop: "checksums"}, ".sum": {drop: "checksums"},
	".sig": {drop: "a signature"}, ".asc": {drop: "a signature"}, ".gpg": {drop: "a signature"}, ".minisig": {drop: "a signature"},
	".pem": {drop: "a signature"}, ".crt": {drop: "a signature"}, ".sigstore": {drop: "a signature"},
	".sigstore.json": {drop: "a signature"}, ".bundle": {drop: "a signature"}, ".intoto.jsonl": {drop: "an attestation"},
	".spdx": {drop: "a parts list"}, ".spdx.json": {drop: "a parts list"}, ".cdx.json": {drop: "a parts list"},
	".cdx.xml": {drop: "a parts list"}, ".sbom": {drop: "a parts list"}, ".sbom.json": {drop: "a parts list"},
	".7z": {drop: unsupportedPacking}, ".rar": {drop: unsupportedPacking},
}

var (
	extension = lazyregexp.New(`\.[a-z][a-z0-9]{0,11}$`)
	// fragment is an archive's ending in the midst of a name, as in "x.tar.gz.001" and "x.exe.blockmap".
	fragment = lazyregexp.New(`\.(tar|tgz|txz|tzst|zip|7z|rar|gz|xz|zst|bz2|exe|dmg|msi|deb|rpm|appimage)[.-][^.]*$`)
)

// splitEnding cuts the packing off a name in lower case. What ends otherwise is an executable, if its last dot begins no
// extension.
func splitEnding(name string) (stem string, pack packing, drop string) {
	for i := range name {
		if e, ok := endings[name[i:]]; ok && i > 0 {
			return name[:i], e.pack, e.drop
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
