//! placeholder
use crate::{
    catalog::{Args, Op},
    world::World,
};
/// placeholder
pub fn simulate(_w: &mut World, _op: &Op, _args: &Args) -> (u16, serde_json::Value) {
    (500, serde_json::Value::Null)
}
