package vendortest

import (
	"context"
	"strings"
)

// check is one thing that a vendor must get right.
type check struct {
	name  string
	about string // what holds of a vendor that passes
	hint  string // for the author of one that does not
	run   func(context.Context, *session) error
}

// isForProcesses reports whether c is about vendors in processes of their own alone.
func (c check) isForProcesses() bool { return strings.HasPrefix(c.name, "process/") }

// checks are in an order in which what a check needs comes before it.
var checks = []check{
	{"process/handshake", "the process shakes hands within 10 s", hintHandshake, checkHandshake},
	{"process/health", "the health service says that it serves", "serve grpc.health.v1.Health, and answer SERVING for the service \"plugin\"", checkHealth},
	{"process/stop", "it ends by itself within a second when it is asked to", hintEnd, checkStop},

	{"describe/answers", "it describes itself, with an empty environment too", "answer Describe from constants: it needs no file, no network and no variable", checkDescribe},
	{"describe/name", "its name is a slug", "use lower-case words joined by hyphens, such as \"acme-mirror\"", checkName},
	{"describe/options", "its options are well formed", "see Option in vendor.proto", checkOptions},
	{"describe/needs", "what it needs is named well", "tools are names to look up in PATH, and variables names without a value", checkNeeds},
	{"describe/stable", "it says the same at every call", "answer Describe from constants", checkStableDescription},

	{"resolve/answers", "it resolves the query", "a query that can't be answered is an error of a kind with a hint; see ErrorKind in vendor.proto", checkResolve},
	{"resolve/offers", "it offers a release for the query", "check the query: type, platform, `with` and `config`", checkOffers},
	{"resolve/releases", "its releases are well formed, and of a declared integrity", "see Release in vendor.proto", checkReleases},
	{"resolve/refusals", "it tells why it refuses what it refuses", "give each refusal a kind and a reason in a few words", checkRefusals},
	{"resolve/constraint", "it offers a version that is asked for by its number", "a vendor may ignore the constraint, which the host checks; it must not lose what satisfies it", checkConstraint},
	{"resolve/nothing", "it answers with nothing, not with an error, where nothing fits", "none is an empty answer, not an error", checkNothing},
	{"resolve/platform", "it offers nothing for a platform that does not exist", "leave out what is not for the query's platform and arch, best with a refusal", checkPlatform},
	{"resolve/stable", "it offers the same when it is asked again", "mark an answer that may change at any moment as volatile", checkStableResolution},
	{"resolve/mistakes", "it refuses what it can't read in `with` and `config` as invalid configuration", "decode strictly (in Go with Query.DecodeWith and DecodeConfig), and name the key in the error", checkMistakes},
	{"resolve/cancel", "it stops resolving when it is cancelled", hintCancel, checkResolveCancel},

	{"fetch/answers", "it fetches a release that another process resolved", "all that Fetch needs comes with the query and the release: put what Resolve found out into `ref`", checkFetch},
	{"fetch/files", "it brings the files that it promised, in their order, into the folder that it was given", "name each file by its slash-separated path below the folder; it is a regular file, not a link", checkFiles},
	{"fetch/digests", "sizes and digests are those that were promised", "promise the size and digest of the file as it is brought, before anything is unpacked", checkDigests},
	{"fetch/details", "its details hold no credentials", "drop user info and query from addresses", checkDetails},
	{"fetch/progress", "progress is told, and makes sense", "done only grows and is at most total; settled bytes are in the file at path", checkProgress},
	{"process/rate", "progress comes about 15 times in a second, not more", "pass on the newest event of each file every 66 ms", checkRate},
	{"fetch/outside", "it writes to no folder but those that it was given", "write below `dir`, and to `cache_dir` what may be lost", checkOutside},
	{"fetch/repeat", "it fetches into a folder where all is there already", "keep or replace what is there; its presence is no error", checkRepeat},
	{"fetch/cancel", "it stops fetching when it is cancelled", hintCancel, checkFetchCancel},
	{"fetch/resume", "it fetches into a folder where a cancelled fetch left something", "continue a partial download, or begin anew", checkResume},
	{"fetch/damaged", "it does not take damaged files in the folder for its own", "check what is there by digest before keeping it, and begin anew otherwise", checkDamaged},
	{"fetch/unknown", "a release that it did not offer is an error, not a crash", "refuse a `ref` that can't be read with an error of a kind", checkUnknown},

	{"process/host-gone", "it ends within a second when the host is gone, and what it started with it", "when stdin ends: stop all work, kill what was started, exit", checkHostGone},
	{"process/leftovers", "no process and no temporary file is left", "wait for what you start, and end it when a call is cancelled; remove temporary files", checkLeftovers},
	{"process/stdout", "nothing follows the handshake on stdout", "write to stderr what a person should see; a build's output is progress with a message", checkStdout},
	{"process/stderr", "stderr is readable and short", "log what helps to find a fault; a build's output is progress with a message", checkStderr},
}

const (
	hintHandshake = "see the beginning of vendor.proto: the cookie, the socket, one line on stdout, flushed"
	hintCancel    = "stop the work when the call's context is done (in Go: ctx; elsewhere: the call's cancellation), end what was started, and return"
	hintEnd       = "serve plugin.GRPCController/Shutdown, or end when stdin does; let no child hold stdout or stderr open"
)

// Check names a check.
type Check struct{ Name, About string }

// Checks lists what a suite checks, in its order. Those that begin with "process/" are not for a vendor in this process.
func Checks() []Check {
	var list []Check
	for _, c := range checks {
		list = append(list, Check{c.name, c.about})
	}
	return list
}
