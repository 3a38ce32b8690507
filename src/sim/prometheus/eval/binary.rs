//! Arithmetic, comparison and set operators between scalars and vectors.

use std::collections::{BTreeMap, BTreeSet};

use promql_parser::parser::{BinModifier, BinaryExpr, LabelModifier, VectorMatchCardinality};

use super::{Labels, Millis, NAME, Question, Sample, Value, Wrong, alone, unnamed};

/// A way to match two vectors, and what to do with each match.
struct Match<'e> {
    operator: String,
    modifier: Option<&'e BinModifier>,
}

impl Question<'_> {
    /// An operator with its two sides.
    pub(super) fn binary(&self, binary: &BinaryExpr, at: Millis) -> Result<Value, Wrong> {
        let how = Match { operator: binary.op.to_string(), modifier: binary.modifier.as_ref() };
        let (left, right) = (self.value(&binary.lhs, at)?, self.value(&binary.rhs, at)?);
        match (left, right) {
            (Value::Scalar(left), Value::Scalar(right)) => {
                how.number(left, right).map(|(value, _)| Value::Scalar(value))
            }
            (Value::Vector(left), Value::Scalar(right)) => {
                how.each(left, |left| how.number(left, right)).map(Value::Vector)
            }
            (Value::Scalar(left), Value::Vector(right)) => {
                how.each(right, |right| how.number(left, right)).map(Value::Vector)
            }
            (Value::Vector(left), Value::Vector(right)) => {
                how.vectors(left, right).map(Value::Vector)
            }
            _ => Err(Wrong::Failed("operators take scalars and instant vectors".to_owned())),
        }
    }
}

impl Match<'_> {
    fn is_comparison(&self) -> bool {
        matches!(self.operator.as_str(), "==" | "!=" | "<" | ">" | "<=" | ">=")
    }

    fn returns_bool(&self) -> bool {
        self.modifier.is_some_and(|modifier| modifier.return_bool)
    }

    /// The worth of the operator, and whether a comparison holds; a number's comparison is worth 1 or 0.
    fn number(&self, left: f64, right: f64) -> Result<(f64, bool), Wrong> {
        #[allow(clippy::float_cmp, reason = "PromQL compares exactly")]
        let holds = match self.operator.as_str() {
            "==" => left == right,
            "!=" => left != right,
            "<" => left < right,
            ">" => left > right,
            "<=" => left <= right,
            ">=" => left >= right,
            _ => return self.arithmetic(left, right).map(|value| (value, true)),
        };
        Ok((if holds { 1.0 } else { 0.0 }, holds))
    }

    fn arithmetic(&self, left: f64, right: f64) -> Result<f64, Wrong> {
        Ok(match self.operator.as_str() {
            "+" => left + right,
            "-" => left - right,
            "*" => left * right,
            "/" => left / right,
            "%" => left % right,
            "^" => left.powf(right),
            other => return Err(Wrong::Unknown(format!("the operator {other}"))),
        })
    }

    /// A vector against one number: comparisons filter.
    fn each(
        &self,
        samples: Vec<Sample>,
        of: impl Fn(f64) -> Result<(f64, bool), Wrong>,
    ) -> Result<Vec<Sample>, Wrong> {
        let mut kept = Vec::new();
        for sample in samples {
            let (value, holds) = of(sample.value)?;
            if !self.is_comparison() || self.returns_bool() {
                kept.push(Sample { value, ..sample });
            } else if holds {
                kept.push(sample);
            }
        }
        if self.is_comparison() && !self.returns_bool() { Ok(kept) } else { unnamed(kept) }
    }

    fn vectors(&self, left: Vec<Sample>, right: Vec<Sample>) -> Result<Vec<Sample>, Wrong> {
        let all = |samples: &[Sample]| -> BTreeSet<Labels> {
            samples.iter().map(|one| self.signature(&one.labels)).collect()
        };
        let of = |one: &Sample| self.signature(&one.labels);
        match self.operator.as_str() {
            "and" => {
                let there = all(&right);
                Ok(left.into_iter().filter(|one| there.contains(&of(one))).collect())
            }
            "unless" => {
                let there = all(&right);
                Ok(left.into_iter().filter(|one| !there.contains(&of(one))).collect())
            }
            "or" => {
                let there = all(&left);
                let more = right.into_iter().filter(|one| !there.contains(&of(one)));
                let more: Vec<Sample> = more.collect();
                Ok(left.into_iter().chain(more).collect())
            }
            _ => self.matched(left, right),
        }
    }

    fn matched(&self, left: Vec<Sample>, right: Vec<Sample>) -> Result<Vec<Sample>, Wrong> {
        let is_swapped = matches!(
            self.modifier.map(|one| &one.card),
            Some(VectorMatchCardinality::OneToMany(_))
        );
        let (many, one) = if is_swapped { (right, left) } else { (left, right) };
        let mut partners: BTreeMap<Labels, Sample> = BTreeMap::new();
        for sample in one {
            let signature = self.signature(&sample.labels);
            if let Some(other) = partners.get(&signature) {
                let side = if is_swapped { "left" } else { "right" };
                return Err(duplicate(side, &signature, [&other.labels, &sample.labels]));
            }
            partners.insert(signature, sample);
        }
        let mut results: BTreeMap<Labels, Sample> = BTreeMap::new();
        for sample in many {
            let signature = self.signature(&sample.labels);
            let Some(partner) = partners.get(&signature) else { continue };
            let (lhs, rhs) = if is_swapped {
                (partner.value, sample.value)
            } else {
                (sample.value, partner.value)
            };
            let (value, holds) = self.number(lhs, rhs)?;
            let filters = self.is_comparison() && !self.returns_bool();
            if filters && !holds {
                continue;
            }
            let labels = self.labels(&sample.labels, &partner.labels);
            let value = if filters { lhs } else { value };
            let result = Sample { labels: labels.clone(), value, at: sample.at };
            if results.insert(labels, result).is_some() {
                let why = "multiple matches for labels: many-to-one matching must be explicit \
                           (group_left/group_right)";
                return Err(Wrong::Failed(why.to_owned()));
            }
        }
        alone(results.into_values().collect())
    }

    /// The labels by which two samples belong together.
    fn signature(&self, labels: &Labels) -> Labels {
        let mut labels = labels.clone();
        match self.modifier.and_then(|one| one.matching.as_ref()) {
            Some(LabelModifier::Include(on)) => {
                labels.retain(|name, _| on.labels.iter().any(|one| one == name));
            }
            Some(LabelModifier::Exclude(ignored)) => {
                labels.retain(|name, _| {
                    name != NAME && !ignored.labels.iter().any(|one| one == name)
                });
            }
            None => {
                labels.remove(NAME);
            }
        }
        labels
    }

    /// The labels of what two samples make together.
    fn labels(&self, many: &Labels, one: &Labels) -> Labels {
        let mut labels = many.clone();
        if !self.is_comparison() || self.returns_bool() {
            labels.remove(NAME);
        }
        let card = self.modifier.map(|modifier| &modifier.card);
        if let Some(
            VectorMatchCardinality::ManyToOne(taken) | VectorMatchCardinality::OneToMany(taken),
        ) = card
        {
            for name in &taken.labels {
                match one.get(name) {
                    Some(value) => labels.insert(name.clone(), value.clone()),
                    None => labels.remove(name),
                };
            }
            return labels;
        }
        match self.modifier.and_then(|modifier| modifier.matching.as_ref()) {
            Some(LabelModifier::Include(on)) => {
                labels.retain(|name, _| on.labels.iter().any(|one| one == name));
            }
            Some(LabelModifier::Exclude(ignored)) => {
                labels.retain(|name, _| !ignored.labels.iter().any(|one| one == name));
            }
            None => {}
        }
        labels
    }
}

/// Two series of the one side that the same group would take.
fn duplicate(side: &str, group: &Labels, both: [&Labels; 2]) -> Wrong {
    Wrong::Failed(format!(
        "found duplicate series for the match group {} on the {side} hand-side of the operation: \
         [{}];many-to-many matching not allowed: matching labels must be unique on one side",
        shown(group),
        both.map(shown).join(", ")
    ))
}

fn shown(labels: &Labels) -> String {
    let pairs: Vec<String> =
        labels.iter().map(|(name, value)| format!("{name}={value:?}")).collect();
    format!("{{{}}}", pairs.join(", "))
}
