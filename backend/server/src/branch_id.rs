//! Ids of branches from their names: "Львів 3" becomes `lviv-3`.

use postoffice_domain::people::BranchId;

/// The slug of a name, in the official Ukrainian transliteration; `branch` when nothing is left of it.
pub fn of_name(name: &str) -> BranchId {
    let mut slug = String::new();
    for letter in name.to_lowercase().chars() {
        match latin(letter) {
            Some(text) => slug.push_str(text),
            None if letter.is_ascii_alphanumeric() => slug.push(letter),
            None if !slug.is_empty() && !slug.ends_with('-') => slug.push('-'),
            None => {}
        }
    }
    slug.truncate(40);
    let slug = slug.trim_matches('-');
    BranchId(if slug.is_empty() { "branch".to_owned() } else { slug.to_owned() })
}

fn latin(letter: char) -> Option<&'static str> {
    Some(match letter {
        'а' => "a",
        'б' => "b",
        'в' => "v",
        'г' => "h",
        'ґ' => "g",
        'д' => "d",
        'е' => "e",
        'є' => "ie",
        'ж' => "zh",
        'з' => "z",
        'и' => "y",
        'і' | 'ї' | 'й' => "i",
        'к' => "k",
        'л' => "l",
        'м' => "m",
        'н' => "n",
        'о' => "o",
        'п' => "p",
        'р' => "r",
        'с' => "s",
        'т' => "t",
        'у' => "u",
        'ф' => "f",
        'х' => "kh",
        'ц' => "ts",
        'ч' => "ch",
        'ш' => "sh",
        'щ' => "shch",
        'ю' => "iu",
        'я' => "ia",
        'ь' | '\'' | '’' | 'ʼ' => "",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_slugs() {
        for (name, slug) in
            [("Львів 3", "lviv-3"), ("Lviv 3", "lviv-3"), ("  №1, Кам’янець ", "1-kamianets"), ("日本", "branch")]
        {
            assert_eq!(of_name(name).0, slug);
            assert!(BranchId::parse(slug).is_ok());
        }
    }
}
