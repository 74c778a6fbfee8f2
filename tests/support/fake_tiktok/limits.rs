//! TikTok's limits, and smaller ones for tests that want to hit a limit cheaply.

/// Users per mapping call (Braze's documentation quotes TikTok's Segment API with this number).
pub(super) const MAPPING_ROWS: usize = 10_000;
/// Bytes of a mapping body; TikTok states none, Tealium's connector stops here and so do we.
pub(super) const MAPPING_BYTES: usize = 1_048_576;

/// What the fake refuses; the defaults are TikTok's.
///
/// Beyond a smaller limit of a test a call is refused but is not a violation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Rows of one mapping call, 10,000.
    pub mapping_rows: usize,
    /// Bytes of one mapping body, 1,048,576.
    pub mapping_bytes: usize,
    /// Audience ids of one cell, 100: TikTok states none, this is its usual limit of a list of audiences.
    pub audiences_per_cell: usize,
    /// Audiences of one advertiser, 400 (documentation of Braze and Treasure Data).
    pub audiences: usize,
    /// Calls in any one second before 40100; the basic tier has 10. Default: no limit.
    pub calls_per_second: Option<usize>,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            mapping_rows: MAPPING_ROWS,
            mapping_bytes: MAPPING_BYTES,
            audiences_per_cell: 100,
            audiences: 400,
            calls_per_second: None,
        }
    }
}
