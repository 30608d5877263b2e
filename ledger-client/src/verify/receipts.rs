//! Receipts and proofs of balances: asked for, and checked before anybody gets them.

use ledger_core::RequestId;
use ledger_proto::{
    BalanceProof, Checked, Proved, Receipt, Trust as By, v1, v1::get_receipt_request::Of,
};

use super::{said, unverified};
use crate::client::Client;
use crate::error::Error;

impl Client {
    /// The receipt of an entry, which holds. With it comes what it proves.
    pub async fn receipt(
        &self,
        request: v1::GetReceiptRequest,
    ) -> Result<(Receipt, Checked), Error> {
        let answer = self.unchecked().get_receipt(request.clone()).await?;
        let receipt = Receipt::parse(&answer.receipt).map_err(unverified)?;
        self.believe(&request.coop, &receipt.note).await?;
        let known = self.known(&request.coop).await?;
        let checked = receipt.check(By::Keys(&known.keys)).map_err(unverified)?;
        let is_it = match &request.of {
            Some(Of::Position(position)) => said(checked.position) == *position,
            Some(Of::RequestId(id)) => checked.entry.as_ref().is_none_or(|entry| {
                entry.asked.is_some_and(|asked| Some(asked.id) == RequestId::parse(id))
            }),
            None => true,
        };
        if is_it {
            Ok((receipt, checked))
        } else {
            Err(unverified("the receipt is of another entry"))
        }
    }

    /// The proof of a balance, which holds. With it comes what it proves.
    pub async fn balance_proof(
        &self,
        request: v1::ProveBalanceRequest,
    ) -> Result<(BalanceProof, Proved), Error> {
        let answer = self.unchecked().prove_balance(request.clone()).await?;
        let proof = BalanceProof::parse(&answer.proof).map_err(unverified)?;
        self.believe(&request.coop, &proof.note).await?;
        let known = self.known(&request.coop).await?;
        let proved = proof.check(By::Keys(&known.keys)).map_err(unverified)?;
        // The account is the one that was asked for: parsed here by the same rules as there.
        let asked = ledger_proto::api::parse_balance(&request).map_err(unverified)?;
        if proved.account == asked.1 && proved.balance.get() == answer.balance {
            Ok((proof, proved))
        } else {
            Err(unverified("the proof is of another account or balance"))
        }
    }
}
