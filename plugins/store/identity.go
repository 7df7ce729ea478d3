package store

import "os"

// identity tells one state of a file from another without reading it. Whoever changes the bytes changes Changed, which
// can't be set.
type identity struct {
	Device   uint64 `json:"device"`
	Inode    uint64 `json:"inode"`
	Size     int64  `json:"size"`     // bytes
	Modified int64  `json:"modified"` // nanoseconds since 1970, as Changed
	Changed  int64  `json:"changed"`  // when the bytes or the inode were; 0 where the platform does not tell
}

func identify(f *os.File) (identity, error) {
	info, err := f.Stat()
	if err != nil {
		return identity{}, err
	}
	id := identity{Size: info.Size(), Modified: info.ModTime().UnixNano()}
	id.addInode(info)
	return id, nil
}
