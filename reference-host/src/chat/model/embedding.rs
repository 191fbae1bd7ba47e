//! The built-in embedding: hashed words and character trigrams. Deterministic, and near for strings
//! that share words.

use crate::common::ids::fnv1a;

/// Values in an embedding.
pub(crate) const DIMENSIONS: usize = 768;

/// Hashed features with signs, scaled to length 1. An empty text is the zero vector.
pub(super) fn embedding(text: &str) -> Vec<f32> {
    let mut vector = vec![0.0f32; DIMENSIONS];
    let text = text.to_lowercase();
    for word in text
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
    {
        add_feature(&mut vector, word.as_bytes(), 2.0);
        let padded: Vec<char> = format!(" {word} ").chars().collect();
        for gram in padded.windows(3) {
            let gram: String = gram.iter().collect();
            add_feature(&mut vector, gram.as_bytes(), 1.0);
        }
    }
    let length = vector.iter().map(|value| value * value).sum::<f32>().sqrt();
    if length > 0.0 {
        vector.iter_mut().for_each(|value| *value /= length);
    }
    vector
}

fn add_feature(vector: &mut [f32], feature: &[u8], weight: f32) {
    let hash = fnv1a(feature, 0xcbf2_9ce4_8422_2325);
    let sign = if hash >> 63 == 0 { weight } else { -weight };
    let place = usize::try_from((hash >> 8) % vector.len() as u64).unwrap_or(0);
    vector[place] += sign;
}

#[cfg(test)]
mod tests {
    use super::embedding;

    #[test]
    fn similar_strings_are_near() {
        let near = |a: &str, b: &str| {
            embedding(a)
                .iter()
                .zip(embedding(b))
                .map(|(x, y)| x * y)
                .sum::<f32>()
        };
        let same = near("buy milk and bread", "buying bread");
        assert!(
            same > 0.4 && same > 3.0 * near("buy milk and bread", "quarterly tax report").abs()
        );
        assert!((near("x y", "x y") - 1.0).abs() < 1e-5);
    }
}
