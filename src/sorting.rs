//! Order where there most often is one already.

/// Sorts by a key, and leaves what is sorted as it is: sorting begins with as much memory as a copy takes.
pub(crate) fn sort_by_key<T, K: Ord>(all: &mut [T], key: impl Fn(&T) -> K) {
    if !all.is_sorted_by_key(&key) {
        all.sort_by_key(key);
    }
}
