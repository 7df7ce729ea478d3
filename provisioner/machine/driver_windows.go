package machine

import (
	"strings"

	"golang.org/x/sys/windows/registry"
)

// displayClass has a key for each display adapter. The GUID is Windows' GUID_DEVCLASS_DISPLAY (devguid.h).
const displayClass = `SYSTEM\CurrentControlSet\Control\Class\{4d36e968-e325-11ce-bfc1-08002be10318}`

// windowsDriver reads the version of NVIDIA's driver from the registry.
func windowsDriver() Fact {
	missing := unknown(Driver, `no NVIDIA driver in HKLM\`+displayClass)
	class, err := registry.OpenKey(registry.LOCAL_MACHINE, displayClass, registry.ENUMERATE_SUB_KEYS)
	if err != nil {
		return missing
	}
	defer class.Close()
	adapters, _ := class.ReadSubKeyNames(-1) // only the system may read some of them
	for _, adapter := range adapters {
		key, err := registry.OpenKey(class, adapter, registry.QUERY_VALUE)
		if err != nil {
			continue
		}
		provider, _, _ := key.GetStringValue("ProviderName")
		version, _, _ := key.GetStringValue("DriverVersion")
		key.Close()
		if driver := nvidiaOfWindows(version); strings.HasPrefix(provider, "NVIDIA") && driver != "" {
			return known(Driver, driver, `HKLM\`+displayClass+`\`+adapter)
		}
	}
	return missing
}
