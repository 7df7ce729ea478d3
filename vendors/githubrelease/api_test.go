package githubrelease

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rbee-keeper/provision/catalog"
	"github.com/rbee-keeper/provision/provisioner"
	"github.com/rbee-keeper/provision/vendors/githubrelease/githubtest"
	"github.com/rbee-keeper/provision/vendors/transfer"
)

// quickSource is the vendor with short waits between its tries.
func quickSource() *Source {
	s := New()
	s.backoff = time.Millisecond
	s.download = transfer.Client{Backoff: time.Millisecond, Stall: 5 * time.Second}
	return s
}

// impatientSource gives up a silent server soon: it is for tests of nothing else, since a busy machine is silent too.
func impatientSource() *Source {
	s := quickSource()
	transport := transfer.NewTransport()
	transport.ResponseHeaderTimeout = 300 * time.Millisecond
	s.transport = func() http.RoundTripper { return transport }
	return s
}

// queryFor asks the API at address for a cpu-llm of acme/tool.
func queryFor(address string) provisioner.Query {
	config, err := json.Marshal(map[string]string{"api_url": address})
	if err != nil {
		panic(err)
	}
	return provisioner.Query{
		Type: catalog.CpuLlm, Platform: catalog.Linux, Arch: catalog.AMD64, Config: config,
		With: json.RawMessage(`{"repo":"acme/tool"}`),
	}
}

// resolveAgainst resolves through handler, and tells how often it was asked.
func resolveAgainst(t *testing.T, handler http.HandlerFunc) (provisioner.Resolution, int, error) {
	return resolveWith(t, quickSource(), queryFor(""), handler)
}

// resolveWith is resolveAgainst with a source and a query of one's own, whose address is not yet known.
func resolveWith(t *testing.T, source *Source, query provisioner.Query,
	handler http.HandlerFunc) (provisioner.Resolution, int, error) {
	var asked atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		handler(w, r)
	}))
	defer server.Close()
	query.Config = queryFor(server.URL).Config
	resolution, err := source.Resolve(t.Context(), query)
	return resolution, int(asked.Load()), err
}

// answer is a handler with one answer.
func answer(status int, body string, header ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		for i := 0; i < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.WriteHeader(status)
		fmt.Fprint(w, body)
	}
}

func requireKind(t *testing.T, kind provisioner.Kind, err error) *provisioner.Error {
	t.Helper()
	e, ok := errors.AsType[*provisioner.Error](err)
	require.True(t, ok, "not a *provisioner.Error: %v", err)
	require.Equal(t, kind, e.Kind, e.Error())
	require.NotEmpty(t, e.Hint, e.Error())
	require.NotContains(t, e.Error()+e.Hint, "secret")
	return e
}

func TestResolveTellsWhatTheServerMeans(t *testing.T) {
	t.Setenv("GITHUB_TOKEN", "secret")
	const message = `{"message":"no"}`
	reset := strconv.FormatInt(time.Now().Add(time.Hour).Unix(), 10)
	for name, c := range map[string]struct {
		handler http.HandlerFunc
		kind    provisioner.Kind
		asked   int
		says    string
	}{
		"token refused":   {answer(401, message), provisioner.Unauthorized, 1, "GITHUB_TOKEN"},
		"access refused":  {answer(403, message), provisioner.Unauthorized, 1, "acme/tool"},
		"no such repo":    {answer(404, message), provisioner.NotFound, 1, "private"},
		"another server":  {answer(404, "<html>"), provisioner.Unreachable, 1, "api_url"},
		"a proxy's page":  {answer(200, "<html>"), provisioner.Unreachable, 1, "does not answer like"},
		"an empty answer": {answer(200, ""), provisioner.Unreachable, 1, "does not answer like"},
		"another JSON":    {answer(200, `{"ok":true}`), provisioner.Unreachable, 1, "does not answer like"},
		"trouble":         {answer(500, ""), provisioner.Unreachable, 3, "500"},
		"primary limit": {answer(403, message, "X-RateLimit-Remaining", "0", "X-RateLimit-Reset", reset),
			provisioner.RateLimited, 1, "until"},
		"too many requests": {answer(429, message, "X-RateLimit-Reset", reset), provisioner.RateLimited, 1, "until"},
		"a silent limit": {answer(403, `{"message":"You have exceeded a secondary rate limit."}`), provisioner.RateLimited,
			1, "until"},
		"taken down":       {answer(451, message), provisioner.NotFound, 1, "not published any more"},
		"half of the JSON": {answer(200, `[{"tag_name":"v1`), provisioner.Unreachable, 1, "does not answer like"},
		"secondary limit":  {answer(403, message, "Retry-After", "3600"), provisioner.RateLimited, 1, "until"},
	} {
		t.Run(name, func(t *testing.T) {
			_, asked, err := resolveAgainst(t, c.handler)
			e := requireKind(t, c.kind, err)
			require.Contains(t, e.Message+e.Hint, c.says)
			require.Equal(t, c.asked, asked)
			if c.kind == provisioner.RateLimited && name != "a silent limit" {
				require.WithinDuration(t, time.Now().Add(time.Hour), e.RetryAt, 10*time.Second)
			}
		})
	}
}

func TestResolveWaitsOutAShortRetryAfter(t *testing.T) {
	for _, status := range []int{403, 429, 503} {
		var asked atomic.Int32
		_, _, err := resolveAgainst(t, func(w http.ResponseWriter, r *http.Request) {
			if asked.Add(1) == 1 {
				answer(status, "{}", "Retry-After", "1")(w, r)
			} else {
				answer(200, "[]")(w, r)
			}
		})
		require.NoError(t, err)
		require.Equal(t, int32(2), asked.Load())
	}
}

func TestResolveWaitsOutALimitThatIsResetSoon(t *testing.T) {
	var asked atomic.Int32
	_, _, err := resolveAgainst(t, func(w http.ResponseWriter, r *http.Request) {
		if asked.Add(1) == 1 {
			reset := strconv.FormatInt(time.Now().Unix()+1, 10)
			answer(403, "{}", "X-RateLimit-Remaining", "0", "X-RateLimit-Reset", reset)(w, r)
		} else {
			answer(200, "[]")(w, r)
		}
	})
	require.NoError(t, err)
	require.Equal(t, int32(2), asked.Load())
}

func TestResolveAsksAgainForABodyThatBreaksOff(t *testing.T) {
	var asked atomic.Int32
	_, _, err := resolveAgainst(t, func(w http.ResponseWriter, r *http.Request) {
		if asked.Add(1) <= 2 {
			answer(200, `[{"tag_name":`, "Content-Length", "100")(w, r)
		} else {
			answer(200, "[]")(w, r)
		}
	})
	require.NoError(t, err)
	require.Equal(t, int32(3), asked.Load())
}

func TestResolveIsNotLedInCircles(t *testing.T) {
	for _, next := range []string{"1", "2", "-1", "x"} {
		_, asked, err := resolveAgainst(t, func(w http.ResponseWriter, r *http.Request) {
			link := fmt.Sprintf(`<http://%s/repos/acme/tool/releases?page=%s>; rel="next"`, r.Host, next)
			answer(200, "[]", "Link", link)(w, r)
		})
		require.NoError(t, err)
		require.LessOrEqual(t, asked, 2)
	}
}

func TestResolveFollowsARenamedRepository(t *testing.T) {
	s := startGitHub(t)
	t.Setenv("GITHUB_TOKEN", "secret")
	s.Token = "secret"
	s.Publish(repo, githubtest.Release{Tag: "v1.0.0", Assets: []githubtest.Asset{tool("linux-amd64")}})
	s.Rename(repo, "acme/instrument")
	r, err := resolve(t, s, "", "")
	require.NoError(t, err)
	require.Equal(t, []string{"1.0.0"}, offeredVersions(r))
}

func TestResolveRecoversFromTroubleThatPasses(t *testing.T) {
	var asked atomic.Int32
	_, _, err := resolveAgainst(t, func(w http.ResponseWriter, r *http.Request) {
		switch asked.Add(1) {
		case 1:
			panic(http.ErrAbortHandler)
		case 2:
			answer(500, "")(w, r)
		default:
			answer(200, "[]")(w, r)
		}
	})
	require.NoError(t, err)
	require.Equal(t, int32(3), asked.Load())
}

func TestResolveDoesNotRepeatWhatTimedOut(t *testing.T) {
	_, asked, err := resolveWith(t, impatientSource(), queryFor(""),
		func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	requireKind(t, provisioner.Unreachable, err)
	require.Equal(t, 1, asked)
}

func TestResolveBoundsAnAnswer(t *testing.T) {
	block := bytes.Repeat([]byte(" "), 1<<20)
	_, asked, err := resolveAgainst(t, func(w http.ResponseWriter, _ *http.Request) {
		for range maxAnswer/len(block) + 2 {
			if _, err := w.Write(block); err != nil {
				return
			}
		}
	})
	requireKind(t, provisioner.Unreachable, err)
	require.ErrorIs(t, err, errLongAnswer)
	require.Equal(t, 1, asked)
}

func TestResolveNamesAServerThatIsNotThere(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	server.Close()
	_, err := quickSource().Resolve(t.Context(), queryFor(server.URL))
	require.Contains(t, requireKind(t, provisioner.Unreachable, err).Message, server.URL)
}

// TestTheTokenStaysWithTheAPI follows a redirect on the API's own port, as after a renaming, and one to another port.
func TestTheTokenStaysWithTheAPI(t *testing.T) {
	t.Setenv("GITHUB_TOKEN", "secret")
	var leaked, kept atomic.Value
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		leaked.Store(r.Header.Get("Authorization") + r.Header.Get("Referer"))
		answer(200, "[]")(w, r)
	}))
	defer other.Close()
	_, _, err := resolveAgainst(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/moved" {
			kept.Store(r.Header.Get("Authorization"))
			http.Redirect(w, r, other.URL, http.StatusFound)
		} else {
			http.Redirect(w, r, "/moved", http.StatusMovedPermanently)
		}
	})
	require.NoError(t, err)
	require.Equal(t, "Bearer secret", kept.Load())
	require.Equal(t, "", leaked.Load())
}

func TestWithoutATokenNoneIsSent(t *testing.T) {
	t.Setenv("GITHUB_TOKEN", "")
	t.Setenv("GH_TOKEN", "")
	_, _, err := resolveAgainst(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "" {
			answer(400, "{}")(w, r)
			return
		}
		answer(403, `{"message":"no"}`, "X-RateLimit-Remaining", "0")(w, r)
	})
	require.Contains(t, requireKind(t, provisioner.RateLimited, err).Hint, "GITHUB_TOKEN")
}

func TestPublicFilesAreFetchedWithoutTheAPI(t *testing.T) {
	t.Setenv("GITHUB_TOKEN", "")
	t.Setenv("GH_TOKEN", "")
	query := provisioner.Query{With: json.RawMessage(`{"repo":"acme/tool"}`)}
	set, err := parseSettings(query)
	require.NoError(t, err)
	const browser = "https://github.com/acme/tool/releases/download/v1/tool"
	found := (&api{settings: set}).addresses(7, browser)
	require.Len(t, found, 1)
	require.Equal(t, browser, found[0].url)

	plain := (&api{settings: set}).addresses(7, "http://github.com/acme/tool") // a downgrade
	require.Equal(t, "https://api.github.com/repos/acme/tool/releases/assets/7", plain[0].url)

	t.Setenv("GITHUB_TOKEN", "secret")
	set, err = parseSettings(query)
	require.NoError(t, err)
	found = (&api{settings: set}).addresses(7, browser)
	require.Equal(t, address{url: browser, header: found[0].header}, found[0])
	require.Equal(t, "Bearer secret", found[1].authorization)
}
