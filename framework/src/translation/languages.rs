//! What Django and Python know of languages without a catalogue: which there are, and in which folders a catalogue may be.

/// Django's `LANGUAGES` (`django/conf/global_settings.py`).
pub(super) const LANGUAGES: &str = "\
    af ar ar-dz ast az bg be bn br bs ca ckb cs cy da de dsb el en en-au en-gb eo es es-ar es-co es-mx es-ni es-ve et eu fa \
    fi fr fy ga gd gl he hi hr hsb hu hy ia id ig io is it ja ka kab kk km kn ko ky lb lt lv mk ml mn mr ms my nb ne nl nn \
    os pa pl pt pt-br ro ru sk sl sq sr sr-latn sv sw ta te tg th tk tr tt udm ug uk ur uz vi zh-hans zh-hant";

/// The locales that Python's `locale.normalize` makes of languages without a territory.
const TERRITORIES: &str = "\
    af_ZA am_ET ar_AA as_IN az_AZ be_BY bg_BG br_FR bs_BA ca_ES cs_CZ cy_GB da_DK de_DE ee_EE el_GR en_US eo_XX es_ES et_EE \
    eu_ES fa_IR fi_FI fo_FO fr_FR ga_IE gd_GB gl_ES gv_GB he_IL hi_IN hne_IN hr_HR hu_HU id_ID is_IS it_IT iu_CA ja_JP ka_GE \
    kl_GL kn_IN ko_KR ks_IN kw_GB ky_KG lo_LA lt_LT lv_LV mai_IN mi_NZ mk_MK ml_IN mr_IN ms_MY mt_MT nb_NO nl_NL nn_NO no_NO \
    nr_ZA nso_ZA ny_NO oc_FR or_IN pa_IN pd_US ph_PH pl_PL pp_AN pt_PT ro_RO ru_RU rw_RW sd_IN si_LK sk_SK sl_SI sq_AL sr_RS \
    ss_ZA st_ZA sv_SE ta_IN te_IN tg_TJ th_TH tl_PH tn_ZA tr_TR ts_ZA tt_RU uk_UA ur_PK uz_UZ ve_ZA vi_VN wa_BE xh_ZA yi_US \
    zh_CN zu_ZA";

/// The language that stands in for this one before its own parents do (`fallback` in `django/conf/locale/__init__.py`).
pub(super) fn special_fallback(code: &str) -> Option<&'static str> {
    match code {
        "zh-cn" | "zh-my" | "zh-sg" => Some("zh-hans"),
        "zh-hk" | "zh-mo" | "zh-tw" => Some("zh-hant"),
        _ => None,
    }
}

/// Whether this can be a language code (`language_code_re` in `django/utils/translation/trans_real.py`): `de`, `pt-br`,
/// `sr@latin`.
pub(super) fn is_language_code(code: &str) -> bool {
    let alphanumeric = |part: &str, max| {
        (1..=max).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphanumeric())
    };
    let (tag, modifier) = code.split_once('@').map_or((code, None), |(tag, modifier)| (tag, Some(modifier)));
    let mut parts = tag.split('-');
    parts
        .next()
        .is_some_and(|part| alphanumeric(part, 8) && part.bytes().all(|byte| byte.is_ascii_alphabetic()))
        && parts.all(|part| alphanumeric(part, 8))
        && modifier.is_none_or(|modifier| alphanumeric(modifier, 20))
}

/// The names of the folders that may hold a language's catalogue, best first (Python's `gettext.find`): `de-at` is in
/// `de_AT` or `de`, `de` in `de_DE` or `de`.
pub(super) fn folders(code: &str) -> Vec<String> {
    let locale = to_locale(code);
    match parent(&locale) {
        Some(language) => vec![locale.clone(), language.to_owned()],
        None => {
            let in_territory = |known: &&str| parent(known) == Some(&locale);
            let known = TERRITORIES.split_ascii_whitespace().find(in_territory).map(str::to_owned);
            known.into_iter().chain([locale.clone()]).collect()
        }
    }
}

/// `de` of `de_AT`.
pub(super) fn parent(locale: &str) -> Option<&str> {
    locale.split_once('_').map(|(language, _)| language)
}

/// `pt-br` to `pt_BR`, `zh-hans` to `zh_Hans` (`django.utils.translation.to_locale`).
pub(super) fn to_locale(code: &str) -> String {
    let code = code.to_ascii_lowercase();
    let Some((language, country)) = code.split_once('-') else { return code };
    let (country, tail) =
        country.split_once('-').map_or((country, None), |(country, tail)| (country, Some(tail)));
    let country = if country.len() > 2 {
        let mut letters = country.chars();
        letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).collect()
    } else {
        country.to_ascii_uppercase()
    };
    let tail = tail.map(|tail| format!("-{tail}")).unwrap_or_default();
    format!("{language}_{country}{tail}")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The expected values were made with Django 5.2 and Python 3.11.
    #[test]
    fn folders_are_python_s() {
        for (code, expected) in [
            ("de", &["de_DE", "de"][..]),
            ("de-at", &["de_AT", "de"]),
            ("ko", &["ko_KR", "ko"]),
            ("zh-hans", &["zh_Hans", "zh"]),
            ("zh-hant-tw", &["zh_Hant-tw", "zh"]),
            ("sr-latn", &["sr_Latn", "sr"]),
            ("es-419", &["es_419", "es"]),
            ("kab", &["kab"]),
            ("PT-BR", &["pt_BR", "pt"]),
        ] {
            assert_eq!(folders(code), expected, "{code}");
        }
    }

    #[test]
    fn language_codes() {
        for code in LANGUAGES.split_ascii_whitespace().chain(["de-AT-1996", "sr@latin", "x-y-z", "es-419"]) {
            assert!(is_language_code(code), "{code}");
        }
        for code in ["", "de_AT", "../de", "de-", "-de", "4ever", "abcdefghi", "de@", "de/at", "d\u{e9}"] {
            assert!(!is_language_code(code), "{code}");
        }
    }
}
