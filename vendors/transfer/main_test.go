package transfer

import (
	"context"
	"fmt"
	"os"
	"testing"
	"time"
)

// The test binary started by another test downloads a file: its environment contains the address and the folder.
func TestMain(m *testing.M) {
	if address := os.Getenv("TRANSFER_TEST_URL"); address != "" {
		os.Exit(downloadInProcess(address, os.Getenv("TRANSFER_TEST_DIR")))
	}
	os.Exit(m.Run())
}

// downloadInProcess prints each progress on a line.
func downloadInProcess(address, dir string) int {
	c := Client{Backoff: time.Millisecond, segment: 128 << 10}
	_, err := c.Get(context.Background(), Request{URL: address, Dir: dir, Name: "w", OnProgress: func(p Progress) {
		fmt.Println(p.Done, p.Settled)
	}})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}
