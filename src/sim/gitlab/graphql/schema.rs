//! The types, fields and arguments that are known, read from the schema's own language.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use graphql_parser::query::{Type as AnyType, Value as AnyValue};
use graphql_parser::schema::{Definition, Directive, Document, TypeDefinition};

/// A type of the schema or of a variable.
pub(super) type Type = AnyType<'static, String>;
/// A value as it is written down.
pub(super) type Literal = AnyValue<'static, String>;

/// The schema in both its ages.
static WHOLE: LazyLock<Schema> = LazyLock::new(|| {
    graphql_parser::parse_schema::<String>(include_str!("schema.graphql"))
        .map(|document| Schema::read(&document.into_static()))
        .unwrap_or_default()
});

#[derive(Default)]
struct Schema {
    types: BTreeMap<String, Shape>,
    /// The interfaces of each object type.
    interfaces: BTreeMap<String, Vec<String>>,
}

/// What a type consists of.
pub(super) enum Shape {
    Object(BTreeMap<String, Field>),
    Enum(Vec<(String, Age)>),
    Union,
    Scalar,
}

/// A field of an object.
pub(super) struct Field {
    pub(super) kind: Type,
    pub(super) arguments: BTreeMap<String, Argument>,
    age: Age,
}

/// An argument of a field.
pub(super) struct Argument {
    pub(super) kind: Type,
    pub(super) default: Option<Literal>,
    age: Age,
}

/// In which releases something exists.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Age {
    Always,
    Newer,
    Gone,
}

/// The schema as one release has it.
#[derive(Clone, Copy)]
pub(super) struct View {
    /// The release is 16.3.
    pub(super) old: bool,
}

impl View {
    /// The field of an object type.
    pub(super) fn field(self, owner: &str, name: &str) -> Option<&'static Field> {
        match WHOLE.types.get(owner) {
            Some(Shape::Object(fields)) => fields.get(name).filter(|field| self.has(field.age)),
            _ => None,
        }
    }

    /// The argument of a field.
    pub(super) fn argument(self, field: &'static Field, name: &str) -> Option<&'static Argument> {
        field.arguments.get(name).filter(|argument| self.has(argument.age))
    }

    /// The values of an enum.
    pub(super) fn choices(self, name: &str) -> Option<Vec<&'static str>> {
        match WHOLE.types.get(name) {
            Some(Shape::Enum(values)) => Some(
                values
                    .iter()
                    .filter(|(_, age)| self.has(*age))
                    .map(|(name, _)| name.as_str())
                    .collect(),
            ),
            _ => None,
        }
    }

    /// The fields of an object type with their names.
    pub(super) fn fields(self, name: &str) -> Vec<(&'static str, &'static Field)> {
        match WHOLE.types.get(name) {
            Some(Shape::Object(fields)) => fields
                .iter()
                .filter(|(_, field)| self.has(field.age))
                .map(|(name, field)| (name.as_str(), field))
                .collect(),
            _ => Vec::new(),
        }
    }

    fn has(self, age: Age) -> bool {
        match age {
            Age::Always => true,
            Age::Newer => !self.old,
            Age::Gone => self.old,
        }
    }
}

impl Schema {
    fn read(document: &Document<'static, String>) -> Self {
        let (mut types, mut interfaces) = (BTreeMap::new(), BTreeMap::new());
        for name in ["Int", "Float", "String", "Boolean", "ID"] {
            types.insert(name.to_owned(), Shape::Scalar);
        }
        for definition in &document.definitions {
            let Definition::TypeDefinition(definition) = definition else { continue };
            let (name, shape) = match definition {
                TypeDefinition::Object(object) => {
                    interfaces.insert(object.name.clone(), object.implements_interfaces.clone());
                    let fields =
                        object.fields.iter().map(|field| (field.name.clone(), read_field(field)));
                    (&object.name, Shape::Object(fields.collect()))
                }
                TypeDefinition::Enum(choice) => {
                    let values = choice
                        .values
                        .iter()
                        .map(|value| (value.name.clone(), age(&value.directives)));
                    (&choice.name, Shape::Enum(values.collect()))
                }
                TypeDefinition::Union(union) => (&union.name, Shape::Union),
                TypeDefinition::Scalar(scalar) => (&scalar.name, Shape::Scalar),
                TypeDefinition::Interface(face) => {
                    let fields =
                        face.fields.iter().map(|field| (field.name.clone(), read_field(field)));
                    (&face.name, Shape::Object(fields.collect()))
                }
                TypeDefinition::InputObject(_) => continue,
            };
            types.insert(name.clone(), shape);
        }
        Self { types, interfaces }
    }
}

fn read_field(field: &graphql_parser::schema::Field<'static, String>) -> Field {
    let arguments = field.arguments.iter().map(|argument| {
        let read = Argument {
            kind: argument.value_type.clone(),
            default: argument.default_value.clone(),
            age: age(&argument.directives),
        };
        (argument.name.clone(), read)
    });
    Field {
        kind: field.field_type.clone(),
        arguments: arguments.collect(),
        age: age(&field.directives),
    }
}

fn age(directives: &[Directive<'static, String>]) -> Age {
    let has = |name: &str| directives.iter().any(|directive| directive.name == name);
    if has("newer") {
        Age::Newer
    } else if has("gone") {
        Age::Gone
    } else {
        Age::Always
    }
}

/// A type by its name.
pub(super) fn shape(name: &str) -> Option<&'static Shape> {
    WHOLE.types.get(name)
}

/// Whether an object of a type is also of another one: that type itself, or an interface of it.
pub(super) fn is_a(kind: &str, other: &str) -> bool {
    let faces = WHOLE.interfaces.get(kind);
    kind == other || faces.is_some_and(|faces| faces.iter().any(|face| face == other))
}

/// Whether a type is an interface.
pub(super) fn is_interface(name: &str) -> bool {
    WHOLE.interfaces.values().flatten().any(|face| face == name)
}

/// The name of a type without its lists and exclamation marks.
pub(super) fn named(kind: &Type) -> &str {
    match kind {
        Type::NamedType(name) => name,
        Type::ListType(inner) | Type::NonNullType(inner) => named(inner),
    }
}

/// Null is no value of the type.
pub(super) fn is_required(kind: &Type) -> bool {
    matches!(kind, Type::NonNullType(_))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_schema_is_readable() {
        assert!(View { old: false }.field("Query", "group").is_some());
    }

    #[test]
    fn a_newer_field_is_not_in_16_3() {
        assert!(View { old: true }.field("Pipeline", "source").is_none());
    }

    #[test]
    fn a_newer_status_is_not_in_16_3() {
        let old = View { old: true }.choices("CiJobStatus").unwrap();
        assert!(!old.contains(&"CANCELING"));
    }

    #[test]
    fn every_type_that_is_named_is_there() {
        let view = View { old: false };
        for owner in WHOLE.types.keys() {
            for (name, field) in view.fields(owner) {
                assert!(shape(named(&field.kind)).is_some(), "{owner}.{name}");
                for argument in field.arguments.values() {
                    assert!(shape(named(&argument.kind)).is_some(), "{owner}.{name}");
                }
            }
        }
    }
}
