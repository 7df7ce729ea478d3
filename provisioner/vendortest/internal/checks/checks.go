package checks

import (
	"context"
	"strings"

	"github.com/rbee-keeper/provision/provisioner/vendortest/internal/trial"
)

// Check is one thing that a vendor must get right.
type Check struct {
	Name  string // stable
	About string // what is true of a vendor that passes
	Hint  string // what the author of a vendor that fails can do
	needs trial.Stage
	run   func(context.Context, *trial.Trial) error
}

// Run runs the check. Its error is why the vendor did not pass: a *trial.Finding, or any other error for a failure with
// the check's Hint.
func (c Check) Run(ctx context.Context, t *trial.Trial) error {
	if err := t.Require(c.needs); err != nil {
		return err
	}
	return c.run(ctx, t)
}

// IsForProcesses reports whether the check is only for vendors in a process of their own.
func (c Check) IsForProcesses() bool { return strings.HasPrefix(c.Name, "process/") }

// All lists the checks. A check comes after those whose results it uses.
var All = []Check{
	{"process/handshake", "the process completes the handshake within 10 s",
		trial.HintHandshake, trial.Nothing, handshake},
	{"process/health", "the health service reports that the vendor serves",
		"serve grpc.health.v1.Health, and answer SERVING for the service \"plugin\"", trial.Started, health},
	{"process/stop", "the process ends by itself within one second when the host asks it to",
		trial.HintEnd, trial.Started, stop},

	{"describe/answers", "it describes itself, also in an empty environment",
		"answer Describe from constants: it needs no file, no network and no variable", trial.Started, describe},
	{"describe/name", "its name is made of lower-case words joined by hyphens",
		"use a name such as \"acme-mirror\"", trial.Described, describedName},
	{"describe/options", "its options are well formed",
		"see Option in vendor.proto", trial.Described, describedOptions},
	{"describe/needs", "the tools and variables that it needs have valid names",
		"tools are names to look up in PATH, and variables are names without a value", trial.Described, describedNeeds},
	{"describe/stable", "it describes itself the same way at every call",
		"answer Describe from constants", trial.Described, describeStable},

	{"resolve/answers", "it resolves the query",
		"if a query can't be answered, return an error with a kind and a hint; see ErrorKind in vendor.proto",
		trial.Described, resolve},
	{"resolve/offers", "it offers a release for the query",
		"check the query: type, platform, `with` and `config`", trial.Resolved, offers},
	{"resolve/releases", "its releases are well formed, and declare how their integrity is known",
		"see Release in vendor.proto", trial.Resolved, releases},
	{"resolve/refusals", "it gives a reason for each release or asset that it rejects",
		"give each rejection a kind and a short reason", trial.Resolved, rejections},
	{"resolve/constraint", "it offers a version that the query asks for by its number",
		"a vendor may ignore the constraint, which the host checks; it must not leave out a version that satisfies it",
		trial.Offered, constraint},
	{"resolve/nothing", "it returns an empty answer, not an error, where nothing matches",
		"return an empty answer where there is no release", trial.Resolved, nothing},
	{"resolve/platform", "it offers nothing for a platform that does not exist",
		"leave out what is not for the query's platform and arch, if possible with a rejection",
		trial.Resolved, platform},
	{"resolve/stable", "it offers the same when it is asked again",
		"mark an answer that can change at any moment as volatile", trial.Resolved, resolveStable},
	{"resolve/mistakes", "it refuses wrong `with` and `config` as invalid configuration",
		"decode strictly (in Go with Query.DecodeWith and DecodeConfig), and name the key in the error",
		trial.Described, mistakes},
	{"resolve/cancel", "it stops resolving when it is cancelled", trial.HintCancel, trial.Resolved, resolveCancel},

	{"fetch/answers", "it fetches a release that another process resolved",
		"Fetch receives only the query and the release: put what Resolve found out into `ref`", trial.Offered, fetch},
	{"fetch/files", "it brings the files that it promised, in their order, into the folder that it was given",
		"name each file by its slash-separated path below the folder; it must be a regular file, not a link",
		trial.Fetched, fetchedFiles},
	{"fetch/digests", "the sizes and digests of the files are those that it promised",
		"promise the size and digest of the file as it is downloaded, before anything is unpacked",
		trial.Fetched, fetchedDigests},
	{"fetch/details", "its details contain no credentials",
		"remove user info and query from URLs", trial.Fetched, details},
	{"fetch/progress", "it reports progress, and the numbers are consistent",
		"done only grows and is at most total; settled bytes are in the file at path", trial.Fetched, progress},
	{"process/rate", "it reports progress about 15 times per second, not more often",
		"send the newest event of each file every 66 ms", trial.Fetched, rate},
	{"fetch/outside", "it writes only to the folders that it was given",
		"write below `dir`, and write to `cache_dir` what may be lost", trial.Fetched, outside},
	{"fetch/repeat", "it fetches into a folder where everything is already present",
		"keep or replace the files that are there; do not return an error for them", trial.Fetched, repeat},
	{"fetch/cancel", "it stops fetching when it is cancelled", trial.HintCancel, trial.Offered, fetchCancel},
	{"fetch/resume", "it fetches into a folder where a cancelled fetch left files",
		"continue a partial download, or start it again", trial.Fetched, resume},
	{"fetch/damaged", "it does not accept damaged files in the folder",
		"check the digest of a file before keeping it, and otherwise start again", trial.Fetched, damaged},
	{"fetch/unknown", "it returns an error, and does not crash, for a release that it did not offer",
		"refuse a `ref` that can't be read with an error that has a kind", trial.Offered, unknown},

	{"process/host-gone", "it ends within one second when the host is gone, and ends what it started",
		"when stdin ends: stop all work, kill the processes that you started, exit", trial.Started, hostGone},
	{"process/leftovers", "it leaves no process and no temporary file",
		"wait for the processes that you start, and end them when a call is cancelled; remove temporary files",
		trial.Started, leftovers},
	{"process/stdout", "it writes nothing to stdout after the handshake",
		"write to stderr what a person should see; report a build's output as progress with a message",
		trial.Started, stdout},
	{"process/stderr", "what it writes to stderr is readable and short",
		"log what helps to find a fault; report a build's output as progress with a message", trial.Started, stderr},
}
