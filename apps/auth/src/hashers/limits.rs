//! The limits of a stored hash: the iterations, memory and passes beyond which it matches no password.
//!
//! Costs come from rows. A client that can write a row, or a dump that somebody imports, must not be able to stop the server with a
//! hash that takes minutes or gigabytes. A hash above the limits matches no password, and the log says why.
//!
//! A hash within the limits takes about two seconds and 256 MiB at most. The limits admit the defaults of every version of Django
//! and all recommendations of OWASP's Password Storage Cheat Sheet, several times over. A hasher that is set to more reads its own
//! hashes:
//!
//! | scheme | Django | OWASP | limit |
//! |---|---|---|---|
//! | `pbkdf2_*` | 1,200,000 iterations | 1,300,000 | 10,000,000 |
//! | `bcrypt*` | 12 rounds | 10 | 15 |
//! | `argon2`, memory | 100 MiB | 46 MiB | 256 MiB |
//! | `argon2`, memory × passes | 200 MiB | 46 MiB | 1 GiB |
//! | `argon2`, lanes | 8 | 1 | 64 |
//! | `scrypt`, 128·r·(N + p) | 16 MiB | 128 MiB | 256 MiB |
//! | `scrypt`, 128·r·p·(N + 8) | 80 MiB | 128 MiB | 1 GiB |

/// Iterations of PBKDF2.
pub(super) const PBKDF2_ITERATIONS: u32 = 10_000_000;

/// Rounds of bcrypt: the binary logarithm of its iterations.
pub(super) const BCRYPT_ROUNDS: u32 = 15;

/// KiB of memory for argon2.
pub(super) const ARGON2_MEMORY: u32 = 256 << 10;

/// KiB of memory for argon2, times passes over it.
pub(super) const ARGON2_WORK: u64 = 1 << 20;

/// Lanes of argon2.
pub(super) const ARGON2_LANES: u32 = 64;

/// Bytes of memory for scrypt.
pub(super) const SCRYPT_MEMORY: u128 = 256 << 20;

/// Bytes that scrypt passes over.
pub(super) const SCRYPT_WORK: u128 = 1 << 30;

/// One cost of a stored hash, its limit, and the limit's name.
pub(super) struct Cost {
    pub(super) name: &'static str,
    pub(super) value: u128,
    pub(super) limit: u128,
}

impl Cost {
    /// A cost whose limit is the greater one of the general limit and the hasher's own cost.
    pub(super) fn new(
        name: &'static str,
        value: impl Into<u128>,
        limit: impl Into<u128>,
        own: impl Into<u128>,
    ) -> Self {
        Self { name, value: value.into(), limit: limit.into().max(own.into()) }
    }

    pub(super) fn is_affordable(&self) -> bool {
        self.value <= self.limit
    }
}

/// Says which of the costs are above their limits. `None`: none is.
pub(super) fn excess(costs: &[Cost]) -> Option<String> {
    let words: Vec<String> = costs
        .iter()
        .filter(|cost| !cost.is_affordable())
        .map(|Cost { name, value, limit }| format!("{name}: {value}, at most {limit} are allowed"))
        .collect();
    (!words.is_empty()).then(|| words.join("; "))
}

#[cfg(test)]
mod tests {
    use crate::hashers::{HasherCosts, Hashers};

    /// Costs of Django's releases and of OWASP's cheat sheet.
    #[test]
    fn recommended_costs_are_admitted() {
        let hashers = Hashers::default();
        let mut stored: Vec<String> = [100, 870_000, 1_000_000, 1_200_000, 1_500_000]
            .map(|iterations| format!("pbkdf2_sha256${iterations}$salt$aaaa"))
            .into();
        stored.push("pbkdf2_sha1$1300000$salt$aaaa".to_owned());
        // Zero bits, as the end of a salt has.
        let digits = ".".repeat(53);
        stored.extend([10, 12, 13, 14, 15].map(|rounds| format!("bcrypt_sha256$$2b${rounds}${digits}")));
        let scrypt = [(17, 1), (16, 2), (15, 3), (14, 5), (13, 10)];
        stored.extend(scrypt.map(|(n, p)| format!("scrypt${}$salt$8${p}$aaaa", 1 << n)));
        let argon2 =
            [(102_400, 2, 8), (47_104, 1, 1), (19_456, 2, 1), (12_288, 3, 1), (9_216, 4, 1), (7_168, 5, 1)];
        stored.extend(
            [&argon2[..], &[(65_536, 3, 4)]]
                .concat()
                .iter()
                .map(|(m, t, p)| format!("argon2$argon2id$v=19$m={m},t={t},p={p}$c2FsdHNhbHQ$aGFzaGhhc2g")),
        );
        for encoded in stored {
            let hasher = hashers.identify_hasher(&encoded).unwrap();
            assert!(hasher.is_readable(&encoded), "{encoded}");
            assert_eq!(hasher.excessive_cost(&encoded), None, "{encoded}");
        }
    }

    #[test]
    fn a_hasher_reads_its_own_costs() {
        let encoded = "scrypt$4194304$salt$8$1$aaaa";
        let refused = Hashers::default();
        let hasher = refused.identify_hasher(encoded).unwrap();
        assert!(!hasher.is_readable(encoded));
        let cost = hasher.excessive_cost(encoded).unwrap();
        assert_eq!(
            cost,
            "bytes of memory: 4294968320, at most 268435456 are allowed; \
             bytes passed over: 4294975488, at most 1073741824 are allowed"
        );
        let costs =
            HasherCosts { scrypt_work_factor: 1 << 22, scrypt_parallelism: 1, ..HasherCosts::default() };
        let own = Hashers::with_costs(&costs).unwrap();
        assert!(own.identify_hasher(encoded).unwrap().is_readable(encoded));
    }
}
