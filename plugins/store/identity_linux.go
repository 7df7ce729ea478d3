package store

import (
	"io/fs"
	"syscall"
)

func (id *identity) addInode(info fs.FileInfo) {
	if stat, ok := info.Sys().(*syscall.Stat_t); ok {
		id.Device, id.Inode, id.Changed = uint64(stat.Dev), stat.Ino, stat.Ctim.Nano()
	}
}

// startsOpenFiles tells that what plugins.Launch starts is the open file itself.
const startsOpenFiles = true
