package githubrelease

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"github.com/rbee-keeper/provision/catalog/atomicfile"
	"github.com/rbee-keeper/provision/vendors/transfer"
)

// answers is a transport that keeps the API's answers with their ETags on disk, and asks for them again only if they
// changed: what did not costs no rate limit. A body that breaks off is an error of the request, so that it is tried
// again.
//
// A kept answer is one file, written aside and renamed, so that any number of processes may share the folder. It holds
// the answer as HTTP has it, compressed, and no header of the request. One that is damaged, or can't be written, is as
// none.
type answers struct {
	dir    string   // empty keeps nothing
	origin *url.URL // of the API
	next   http.RoundTripper
}

// RoundTrip implements http.RoundTripper.
func (a *answers) RoundTrip(r *http.Request) (*http.Response, error) {
	isAsset := r.Header.Get("Accept") == assetType
	if r.Method != http.MethodGet || isAsset || !transfer.SameOrigin(r.URL, a.origin) {
		return a.next.RoundTrip(r)
	}
	file := a.file(r)
	kept := readAnswer(file)
	if kept != nil {
		r = r.Clone(r.Context())
		r.Header.Set("If-None-Match", kept.Header.Get("ETag"))
	}
	resp, err := a.next.RoundTrip(r)
	switch {
	case err != nil:
		return nil, err
	case resp.StatusCode == http.StatusNotModified && kept != nil:
		noteUse(file)
		return kept.inPlaceOf(resp), nil
	case resp.StatusCode == http.StatusOK:
		return a.keep(file, resp)
	default:
		return resp, nil
	}
}

// file is where the answer to a request is kept; empty for nowhere.
func (a *answers) file(r *http.Request) string {
	if a.dir == "" {
		return ""
	}
	key := sha256.Sum256([]byte(r.URL.String() + "\n" + r.Header.Get("Accept")))
	return filepath.Join(a.dir, fmt.Sprintf("%x.http.gz", key[:16]))
}

// keptAnswer is one that is kept.
type keptAnswer struct {
	http.Header // ETag, Link and Content-Type
	body        []byte
}

var keptHeaders = []string{"ETag", "Link", "Content-Type"}

// inPlaceOf makes resp, which tells that nothing changed, what it stands for. Its own headers tell the rate limit.
func (a *keptAnswer) inPlaceOf(resp *http.Response) *http.Response {
	resp.Body.Close()
	for _, name := range keptHeaders {
		if value := a.Get(name); value != "" && resp.Header.Get(name) == "" {
			resp.Header.Set(name, value)
		}
	}
	resp.StatusCode, resp.Status = http.StatusOK, "200 OK"
	resp.Body, resp.ContentLength = io.NopCloser(bytes.NewReader(a.body)), int64(len(a.body))
	return resp
}

// keep reads an answer whole, and keeps it if it is worth that.
func (a *answers) keep(file string, resp *http.Response) (*http.Response, error) {
	body, err := io.ReadAll(resp.Body)
	resp.Body.Close()
	if err != nil {
		return nil, err
	}
	resp.Body, resp.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	if file != "" && resp.Header.Get("ETag") != "" && json.Valid(body) {
		kept := keptAnswer{Header: http.Header{}, body: body}
		for _, name := range keptHeaders {
			if value := resp.Header.Get(name); value != "" {
				kept.Set(name, value)
			}
		}
		kept.write(file)
	}
	return resp, nil
}

// write puts a into file. What goes wrong costs a request of the next run and nothing else.
func (a *keptAnswer) write(file string) {
	if os.MkdirAll(filepath.Dir(file), 0o700) != nil {
		return
	}
	resp := http.Response{
		StatusCode: http.StatusOK, ProtoMajor: 1, ProtoMinor: 1, Header: a.Header,
		Body: io.NopCloser(bytes.NewReader(a.body)), ContentLength: int64(len(a.body)),
	}
	// Only this user may read it: it may be an answer about a private repository.
	opts := atomicfile.Options{Mode: 0o600, Temp: "*" + asideSuffix, SkipSync: true}
	err := atomicfile.Stream(file, opts, func(w io.Writer) error {
		compressed := gzip.NewWriter(w)
		return errors.Join(resp.Write(compressed), compressed.Close())
	})
	if err == nil {
		prune(filepath.Dir(file), time.Now())
	}
}

// readAnswer returns what is kept in file; nil is nothing, or nothing sound.
func readAnswer(file string) *keptAnswer {
	if file == "" {
		return nil
	}
	f, err := os.Open(file)
	if err != nil {
		return nil
	}
	defer f.Close()
	compressed, err := gzip.NewReader(io.LimitReader(f, maxKeptFile))
	if err != nil {
		return nil
	}
	plain := bufio.NewReader(io.LimitReader(compressed, maxAnswer))
	resp, err := http.ReadResponse(plain, nil)
	if err != nil {
		return nil
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil || resp.Header.Get("ETag") == "" {
		return nil
	}
	if n, err := io.Copy(io.Discard, plain); n != 0 || err != nil { // the end, where the checksum stands
		return nil
	}
	return &keptAnswer{Header: resp.Header, body: body}
}
