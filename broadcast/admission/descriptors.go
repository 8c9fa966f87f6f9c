package admission

// mostDescriptors is what a larger limit counts as: an unlimited one is no number.
const mostDescriptors = 1 << 20

// Descriptors deals out a process's limit of open files: how many subscribers there may be, and how many
// connections that are none. An eighth is not for subscribers, and at least 256 where that is no more than half.
// Of this rest 64, or a quarter when it is small, stay free for the feed, files and the admin port. Each gets one
// at least.
func Descriptors(limit uint64) (subscribers, others int) {
	all := int(min(limit, mostDescriptors))
	rest := max(all/8, min(256, all/2))
	reserve := min(64, rest/4)
	return max(1, all-rest), max(1, rest-reserve)
}
