//! Plans that are kept, and what still keeps one from being applied.

use super::{Denied, Past};
use crate::effects::brakes::Hold;
use crate::plan::{NotAPlan, Plan};
use crate::store::Approval;

impl Past {
    /// A plan by its name; `None` where there is none.
    pub async fn plan(&self, id: &str) -> Result<Option<Plan>, Denied> {
        let unreadable = |error: NotAPlan| Denied::wrong(format!("`{id}`: {error}"));
        match self.store.plan(id).await? {
            Some(row) => Plan::read(&row.body).map(Some).map_err(unreadable),
            None => Ok(None),
        }
    }

    /// What still keeps a plan from being applied: the holds for which nobody has given leave.
    pub async fn open_holds(&self, plan: &Plan) -> Result<Vec<Hold>, Denied> {
        let of_this = |given: &Approval| given.digest.as_deref() == Some(plan.digest.as_str());
        let of_this: Vec<Approval> = self.store.approvals(&plan.id).await?.into_iter().filter(of_this).collect();
        Ok(plan.holds.iter().filter(|hold| !hold.is_approved(&of_this)).cloned().collect())
    }
}
