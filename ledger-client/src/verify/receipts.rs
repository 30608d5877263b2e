//! Receipts and proofs of balances: asked for, and checked before anybody gets them.

use ledger_core::RequestId;
use ledger_proto::{
    BalanceProof, Checked, Proved, Receipt, Shown, Trust as By,
    api::{self, Seal},
    v1::{self, get_receipt_request::Of},
};

use super::{newest, said, unverified};
use crate::client::Client;
use crate::error::Error;

impl Client {
    /// The receipt of an entry, which holds. With it comes what it proves.
    pub async fn receipt(
        &self,
        request: v1::GetReceiptRequest,
    ) -> Result<(Receipt, Checked), Error> {
        let v1::GetReceiptRequest { coop, of, leaf_only } = &request;
        let seen = self.trust().reached(coop).await?;
        // Whether it is the entry of a request, only the entry itself shows; what the caller does not want to keep of it is
        // left out afterwards.
        let asked = v1::GetReceiptRequest { leaf_only: false, ..request.clone() };
        let answer = self.unchecked().get_receipt(asked).await?;
        let mut receipt = Receipt::parse(&answer.receipt).map_err(unverified)?;
        let checkpoint = self.believe(coop, &receipt.note).await?;
        newest(coop, &checkpoint, seen)?;
        let known = self.known(coop).await?;
        let keys = By::Keys(known.key_at(checkpoint.size));
        let mut checked = receipt.check(keys).map_err(unverified)?;
        let entry = checked.entry.as_ref();
        let entry = entry.ok_or_else(|| unverified("the receipt does not show its entry"))?;
        let is_it = match of {
            Some(Of::Position(position)) => said(checked.position) == *position,
            Some(Of::RequestId(id)) => {
                entry.asked.is_some_and(|asked| Some(asked.id) == RequestId::parse(id))
            }
            None => true,
        };
        if !is_it {
            return Err(unverified("the receipt is of another entry"));
        }
        if *leaf_only {
            receipt.shown = Shown::Leaf(checked.leaf);
            checked.entry = None;
        }
        Ok((receipt, checked))
    }

    /// The proof of a balance, which holds. With it comes what it proves.
    pub async fn balance_proof(
        &self,
        request: v1::ProveBalanceRequest,
    ) -> Result<(BalanceProof, Proved), Error> {
        // The account is the one that was asked for: parsed here by the same rules as there.
        let (_, account, seal) =
            api::parse_balance(&request).map_err(|wrong| Error::Usage(wrong.to_string()))?;
        let seen = self.trust().reached(&request.coop).await?;
        let answer = self.unchecked().prove_balance(request.clone()).await?;
        let proof = BalanceProof::parse(&answer.proof).map_err(unverified)?;
        let checkpoint = self.believe(&request.coop, &proof.note).await?;
        newest(&request.coop, &checkpoint, seen)?;
        let known = self.known(&request.coop).await?;
        let keys = By::Keys(known.key_at(checkpoint.size));
        let proved = proof.check(keys).map_err(unverified)?;
        let this_seal = match seal {
            Seal::Newest => true,
            Seal::At(position) => proof.seal_position == position.get(),
        };
        if !this_seal {
            return Err(unverified("the proof is by another seal than the one that was asked for"));
        }
        if proved.account == account && proved.balance.get() == answer.balance {
            Ok((proof, proved))
        } else {
            Err(unverified("the proof is of another account or balance"))
        }
    }
}
