package githubrelease

import (
	"bytes"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rbee-keeper/provision/provisioner"
	"github.com/rbee-keeper/provision/vendors/githubrelease/githubtest"
)

// cachedQuery is queryFor with a cache, which it returns too.
func cachedQuery(t *testing.T, address string) (provisioner.Query, string) {
	query := queryFor(address)
	query.CacheDir = t.TempDir()
	return query, filepath.Join(query.CacheDir, "answers")
}

func keptFiles(t *testing.T, dir string) (files []string) {
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	for _, e := range entries {
		files = append(files, filepath.Join(dir, e.Name()))
	}
	return files
}

func TestResolveAsksAgainOnlyForWhatChanged(t *testing.T) {
	s := startGitHub(t)
	t.Setenv("GITHUB_TOKEN", "secret")
	linux := []githubtest.Asset{tool("linux-amd64")}
	for i := range 150 {
		s.Publish(repo, githubtest.Release{Tag: fmt.Sprintf("v1.%d.0", i), Assets: linux})
	}
	query, dir := cachedQuery(t, s.URL())
	first, err := quickSource().Resolve(t.Context(), query)
	require.NoError(t, err)
	left := s.Remaining()

	second, err := quickSource().Resolve(t.Context(), query)
	require.NoError(t, err)
	require.Equal(t, first, second)
	require.Len(t, s.Requests(), 4, "two pages, each asked for twice")
	require.Equal(t, left, s.Remaining(), "what has not changed costs nothing")

	s.Publish(repo, githubtest.Release{Tag: "v2.0.0", Assets: linux})
	third, err := quickSource().Resolve(t.Context(), query)
	require.NoError(t, err)
	require.Equal(t, "2.0.0", offeredVersions(third)[0])
	require.Less(t, s.Remaining(), left)

	files := keptFiles(t, dir)
	require.Len(t, files, 2)
	for _, file := range files {
		info, err := os.Stat(file)
		require.NoError(t, err)
		if runtime.GOOS != "windows" {
			require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
		}
		kept := readAnswer(file)
		require.NotContains(t, string(kept.body)+fmt.Sprint(kept.Header), "secret")
	}
}

func TestResolveAsksAnewWhereAKeptAnswerIsDamaged(t *testing.T) {
	s := startGitHub(t)
	s.Publish(repo, githubtest.Release{Tag: "v1.0.0", Assets: []githubtest.Asset{tool("linux-amd64")}})
	query, dir := cachedQuery(t, s.URL())
	_, err := quickSource().Resolve(t.Context(), query)
	require.NoError(t, err)
	file := keptFiles(t, dir)[0]
	sound, err := os.ReadFile(file)
	require.NoError(t, err)
	flipped := bytes.Clone(sound)
	flipped[len(flipped)/2] ^= 1
	for _, damaged := range [][]byte{nil, []byte("x"), sound[:len(sound)/2], sound[:len(sound)-1], flipped,
		append(bytes.Clone(sound), 'x')} {
		require.NoError(t, os.WriteFile(file, damaged, 0o600))
		require.Nil(t, readAnswer(file))
		left := s.Remaining()
		r, err := quickSource().Resolve(t.Context(), query)
		require.NoError(t, err)
		require.Equal(t, []string{"1.0.0"}, offeredVersions(r))
		require.Equal(t, left-1, s.Remaining())
		require.NotNil(t, readAnswer(file), "it is kept anew")
	}
}

func TestWhatIsNoAnswerOfTheAPIIsNotKept(t *testing.T) {
	for _, body := range []string{"<html>", `[{"tag_name":`, ""} {
		query, dir := cachedQuery(t, "")
		var conditional atomic.Bool
		for range 2 {
			_, _, err := resolveWith(t, quickSource(), query, func(w http.ResponseWriter, r *http.Request) {
				conditional.Store(r.Header.Get("If-None-Match") != "")
				answer(200, body, "ETag", `"one"`)(w, r)
			})
			require.Equal(t, provisioner.Unreachable, provisioner.KindOf(err))
			require.False(t, conditional.Load())
		}
		require.NoDirExists(t, dir)
	}
}

func TestAnUnexpectedNotModifiedIsNoEmptyList(t *testing.T) {
	_, _, err := resolveAgainst(t, answer(304, ""))
	requireKind(t, provisioner.Unreachable, err)
}

func TestResolveWorksWithACacheThatCanNotBeWritten(t *testing.T) {
	s := startGitHub(t)
	s.Publish(repo, githubtest.Release{Tag: "v1.0.0", Assets: []githubtest.Asset{tool("linux-amd64")}})
	query, dir := cachedQuery(t, s.URL())
	require.NoError(t, os.WriteFile(dir, nil, 0o600)) // a file in the folder's place
	r, err := quickSource().Resolve(t.Context(), query)
	require.NoError(t, err)
	require.Equal(t, []string{"1.0.0"}, offeredVersions(r))
}

// TestManyMayUseOneCache: as many processes do. What one reads while another writes is whole.
func TestManyMayUseOneCache(t *testing.T) {
	s := startGitHub(t)
	s.Publish(repo, githubtest.Release{Tag: "v1.0.0", Assets: []githubtest.Asset{tool("linux-amd64")}})
	query, dir := cachedQuery(t, s.URL())
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for j := range 3 {
				if i == 0 { // the answer changes meanwhile
					s.Publish(repo, githubtest.Release{Tag: fmt.Sprintf("v1.%d.0", j+1),
						Assets: []githubtest.Asset{tool("linux-amd64")}})
				}
				r, err := quickSource().Resolve(t.Context(), query)
				if err != nil || len(r.Releases) == 0 {
					t.Errorf("resolve: %v %v", r, err)
				}
			}
		})
	}
	wg.Wait()
	files := keptFiles(t, dir)
	require.Len(t, files, 1, "nothing is left beside it")
	require.NotNil(t, readAnswer(files[0]))
}

func TestPruneKeepsWhatWasUsedLast(t *testing.T) {
	dir := t.TempDir()
	now := time.Now()
	put := func(name string, size int, age time.Duration) {
		path := filepath.Join(dir, name)
		require.NoError(t, os.WriteFile(path, nil, 0o600))
		require.NoError(t, os.Truncate(path, int64(size))) // takes no space
		require.NoError(t, os.Chtimes(path, time.Time{}, now.Add(-age)))
	}
	left := func() (names []string) {
		for _, file := range keptFiles(t, dir) {
			names = append(names, filepath.Base(file))
		}
		return names
	}
	for i := range maxKeptCount + 10 {
		put(fmt.Sprintf("%03d", i), 1, time.Duration(i)*time.Minute)
	}
	put("new"+asideSuffix, 1, asideFor/2)
	put("old"+asideSuffix, 1, 2*asideFor)
	prune(dir, now)
	require.Len(t, left(), maxKeptCount+1)
	require.Contains(t, left(), "000")
	require.Contains(t, left(), "new"+asideSuffix)

	const big = maxKeptFile - 1
	for i := range 2 * maxKeptBytes / big {
		put(fmt.Sprintf("big%d", i), big, -time.Duration(i)*time.Minute)
	}
	put("larger than any that is read", maxKeptFile+1, -time.Hour)
	prune(dir, now)
	require.Equal(t, "big4 big5 big6 big7 new"+asideSuffix, strings.Join(left(), " "))
}

func TestUseIsNoted(t *testing.T) {
	file := filepath.Join(t.TempDir(), "x")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	old := time.Now().Add(-2 * useNoted)
	require.NoError(t, os.Chtimes(file, old, old))
	noteUse(file)
	info, err := os.Stat(file)
	require.NoError(t, err)
	require.True(t, info.ModTime().After(old.Add(useNoted)))
}
