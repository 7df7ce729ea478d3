package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// newTestServer serves an empty catalog, in this process.
func newTestServer(t *testing.T, g guard) (*server, *httptest.Server) {
	t.Helper()
	dir := t.TempDir()
	config := filepath.Join(dir, "provision.yaml")
	require.NoError(t, os.WriteFile(config, []byte(sourceOf("http://127.0.0.1:1/", []int{1})), 0o600))
	h, err := (&app{cacheDir: filepath.Join(dir, "rbee"), config: config, offline: true}).openHive()
	require.NoError(t, err)
	s := newServer(h, nil, notices{death: func(worker) {}, warning: func(string) {}, end: func(string, string, error) {}})
	web := httptest.NewServer(g.wrap(s.routes()))
	t.Cleanup(func() {
		s.jobs.stop()
		web.Close()
	})
	return s, web
}

// request sends one, with headers as name and value in turn; a Host header becomes the request's host.
func request(t *testing.T, method, url, body string, header ...string) (int, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	require.NoError(t, err)
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	r.Host = r.Header.Get("Host")
	response, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return response.StatusCode, string(answer)
}

func TestABadOrderIsRefusedWithWhatIsKnown(t *testing.T) {
	t.Parallel()
	s, web := newTestServer(t, guard{isLoopback: true})
	for body, want := range map[string]string{
		``:                           `the body is not a JSON object`,
		`[]`:                         `"the body is not a JSON object"`,
		`{"operation":"worker_list"`: `the body is not a JSON object`,
		`{"operation":"worker_list"}{"operation":"worker_list"}`: `the body is not a JSON object`,
		`{}`:               `"known":["worker_install","worker_list","worker_remove","worker_spawn","worker_stop"]`,
		`{"operation":7}`:  `"known":["worker_install",`,
		`{"operation":""}`: `unknown operation`,
		`{"operation":"worker_spwn","worker_type":"cpu-llm"}`: `unknown operation \"worker_spwn\"",` +
			`"known":["worker_install",`,
		`{"operation":"worker_stop"}`: `worker_stop wants the field \"id\"",` +
			`"known":["id"]`,
		`{"operation":"worker_stop","id":""}`: `worker_stop wants the field \"id\"`,
		`{"operation":"worker_install","worker_type":null}`: `worker_install wants the ` +
			`field \"worker_type\"`,
		`{"operation":"worker_install","worker_type":"cpu-llm","port":1}`: `worker_install has no field \"port\"",` +
			`"known":["worker_type","version","refresh","force"]`,
		`{"operation":"worker_install","Worker_Type":"cpu-llm"}`:                  `has no field \"Worker_Type\"`,
		`{"operation":"worker_install","worker_type":"../evil"}`:                  `malformed worker type`,
		`{"operation":"worker_install","worker_type":7}`:                          `worker_type takes no number`,
		`{"operation":"worker_spawn","worker_type":"cpu-llm","port":"1"}`:         `port takes no string`,
		`{"operation":"worker_spawn","worker_type":"cpu-llm","version":7}`:        `version takes no number`,
		`{"operation":"worker_spawn","worker_type":"cpu-llm","args":"x"}`:         `args takes no string`,
		`{"operation":"worker_spawn","worker_type":"cpu-llm","port":99999}`:       `port 99999 is not between`,
		`{"operation":"worker_spawn","worker_type":"cpu-llm","version":"banana"}`: `malformed version constraint`,
		`{"operation":"worker_spawn","worker_type":"cpu-llm","queen_url":"x"}`:    `want a queen's URL`,
		`{"operation":"worker_spawn","worker_type":"cpu-llm","args":["\u0000"]}`: `no argument of a worker ` +
			`can hold a zero byte`,
	} {
		code, answer := request(t, "POST", web.URL+"/v1/jobs", body)
		require.Equal(t, http.StatusBadRequest, code, body)
		require.Contains(t, answer, want, body)
		require.True(t, json.Valid([]byte(answer)), answer)
	}
	code, answer := request(t, "POST", web.URL+"/v1/jobs", `{"operation":"`+strings.Repeat("x", maxBody)+`"}`)
	require.Equal(t, http.StatusRequestEntityTooLarge, code, answer)
	require.Empty(t, s.jobs.list, "nothing was begun")
}

func TestAnUnknownAddressIsAnsweredWithTheKnownOnes(t *testing.T) {
	t.Parallel()
	_, web := newTestServer(t, guard{isLoopback: true})
	code, answer := request(t, "GET", web.URL+"/v1/jobs", "")
	require.Equal(t, http.StatusNotFound, code)
	require.Contains(t, answer, `"POST /v1/jobs"`)
	for _, method := range []string{"GET /stream", "DELETE "} {
		method, rest, _ := strings.Cut(method, " ")
		code, answer = request(t, method, web.URL+"/v1/jobs/nobody"+rest, "")
		require.Equal(t, http.StatusNotFound, code)
		require.Contains(t, answer, "there is no such job")
	}
}

func TestAFailedJobTellsTheKindAndWhatToDo(t *testing.T) {
	t.Parallel()
	_, web := newTestServer(t, guard{isLoopback: true})
	told, marker := follow(t, post(t, web.URL, `{"operation":"worker_install","worker_type":"tpu-llm"}`))
	require.Equal(t, `[ERROR] unknown worker type "tpu-llm": no source is configured for it`, marker)
	last := told[len(told)-1]
	require.Equal(t, "worker_install_failed", last.Action)
	require.EqualValues(t, "invalid configuration", last.Kind)
	require.Contains(t, last.Hint, "configured are")

	_, marker = follow(t, post(t, web.URL, `{"operation":"worker_stop","id":"nobody"}`))
	require.Equal(t, `[ERROR] no worker "nobody" runs here`, marker)
	_, marker = follow(t, post(t, web.URL, `{"operation":"worker_remove","id":"nothing"}`))
	require.Equal(t, `[ERROR] remove "nothing": not in the catalog`, marker)
	_, marker = follow(t, post(t, web.URL, `{"operation":"worker_remove","id":"../.."}`))
	require.Contains(t, marker, "[ERROR] ")
}

func TestOnlyTheOwnMachineIsServedOnLoopback(t *testing.T) {
	t.Parallel()
	_, web := newTestServer(t, guard{isLoopback: true})
	_, port, err := net.SplitHostPort(strings.TrimPrefix(web.URL, "http://"))
	require.NoError(t, err)
	for host, want := range map[string]int{
		"127.0.0.1:" + port: 200, "localhost:" + port: 200, "LocalHost": 200, "[::1]:" + port: 200, "127.9.9.9": 200,
		"[::1]":                200,
		"evil.example:" + port: 403, "127.0.0.1.evil.example": 403, "localhost.evil.example": 403, "192.168.0.1": 403,
	} {
		code, answer := request(t, "GET", web.URL+"/v1/workers", "", "Host", host)
		require.Equal(t, want, code, "%s: %s", host, answer)
	}
}

func TestWebPagesOfOthersAreRefused(t *testing.T) {
	t.Parallel()
	s, web := newTestServer(t, guard{isLoopback: true})
	const list = `{"operation":"worker_list"}`
	for _, header := range [][]string{
		{"Origin", "https://evil.example"}, {"Origin", "null"}, {"Origin", "http://127.0.0.1:1"}, {"Sec-Fetch-Site",
			"cross-site"},
		{"Sec-Fetch-Site", "same-site"},
	} {
		code, answer := request(t, "POST", web.URL+"/v1/jobs", list, header...)
		require.Equal(t, http.StatusForbidden, code, "%s: %s", header, answer)
		code, _ = request(t, "GET", web.URL+"/v1/workers", "", header...)
		require.Equal(t, http.StatusForbidden, code, header)
	}
	require.Empty(t, s.jobs.list)
	for _, header := range [][]string{{"Origin", web.URL}, {"Sec-Fetch-Site", "same-origin"}, {"Sec-Fetch-Site", "none"}} {
		code, answer := request(t, "POST", web.URL+"/v1/jobs", list, header...)
		require.Equal(t, http.StatusOK, code, "%s: %s", header, answer)
	}
}

func TestATokenIsWantedWhereThereIsOne(t *testing.T) {
	t.Parallel()
	_, web := newTestServer(t, guard{token: "s3cret"})
	for header, want := range map[string]int{
		"": 401, "Bearer ": 401, "Bearer s3cre": 401, "Bearer s3cret2": 401, "s3cret": 401, "Basic s3cret": 401,
		"Bearer s3cret": 200,
	} {
		code, answer := request(t, "GET", web.URL+"/v1/workers", "", "Authorization", header, "Host", "hive.example")
		require.Equal(t, want, code, header)
		require.NotContains(t, answer, "s3cret")
	}
	code, answer := request(t, "GET", web.URL+"/health", "")
	require.Equal(t, http.StatusOK, code)
	require.Contains(t, answer, `"status":"healthy"`)
}

func TestAStoppingHiveTakesNoJobs(t *testing.T) {
	t.Parallel()
	s, web := newTestServer(t, guard{isLoopback: true})
	s.jobs.stop()
	code, answer := request(t, "POST", web.URL+"/v1/jobs", `{"operation":"worker_list"}`)
	require.Equal(t, http.StatusServiceUnavailable, code)
	require.Contains(t, answer, "the hive is stopping")
}

// post begins a job and returns the address of its stream.
func post(t *testing.T, base, body string, header ...string) string {
	t.Helper()
	code, answer := request(t, "POST", base+"/v1/jobs", body, header...)
	require.Equal(t, http.StatusOK, code, answer)
	var begun struct {
		JobID  string `json:"job_id"`
		SSEURL string `json:"sse_url"`
	}
	require.NoError(t, json.Unmarshal([]byte(answer), &begun))
	require.Equal(t, fmt.Sprintf("/v1/jobs/%s/stream", begun.JobID), begun.SSEURL)
	return base + begun.SSEURL
}

// follow reads a stream to its marker.
func follow(t *testing.T, url string, header ...string) (told []narration, marker string) {
	t.Helper()
	code, text := request(t, "GET", url, "", header...)
	require.Equal(t, http.StatusOK, code, text)
	for block := range strings.SplitSeq(strings.TrimSuffix(text, "\n\n"), "\n\n") {
		require.Empty(t, marker, "something follows the marker")
		_, data, ok := strings.Cut("\n"+block, "\ndata: ")
		if !ok {
			require.Equal(t, ":", block)
			continue
		}
		var n narration
		if json.Unmarshal([]byte(data), &n) != nil {
			marker = data
			continue
		}
		require.Contains(t, url, "/"+n.JobID+"/")
		require.NotEmpty(t, n.Message)
		told = append(told, n)
	}
	require.NotEmpty(t, marker)
	return told, marker
}

func actionsOf(told []narration) []string {
	var names []string
	for _, n := range told {
		names = append(names, n.Action)
	}
	return names
}
