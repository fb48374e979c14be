"""The tabs with which the IDE opens: the main job, in the order of the story."""

from __future__ import annotations

STORY: tuple[tuple[str, str, str], ...] = (
    (
        "1. Who am I, and what waits for me",
        """
query WhoAmI {
  viewer { name userId roles provider { name } passwordExpiresAt mailboxCursor }
  notifications(first: 10) { nodes { at kind title referralNumber } }
}""",
        "{}",
    ),
    (
        "2. Follow my mailbox live (leave this tab running)",
        """
subscription Follow($after: String) {
  notifications(after: $after) {
    cursor kind title at
    referral { number status consumer { name } }
  }
}""",
        "{}",
    ),
    (
        "3. As a coordinator: create a referral",
        """
mutation Create($input: CreateReferralInput!) {
  createReferral(input: $input) {
    referral { number status preferredCounties { name } primaryCoordinator { name } }
    userErrors { code message field }
  }
}""",
        """{
  "input": {
    "facilityCode": "101",
    "type": "COUNTY",
    "preferredCounties": ["29019"],
    "consumer": {
      "dmhId": "D-IDE-1",
      "firstName": "Wren",
      "lastName": "Applegarth",
      "birthDate": "1994-04-09",
      "gender": "FEMALE",
      "guardians": [{"name": "Juniper Applegarth", "relationship": "Sister"}]
    }
  }
}""",
    ),
    (
        "4. Who would get it, and by which rule",
        """
query Preview($number: Int!) {
  previewPublish(number: $number) {
    eligibleCount
    coordinatorNames
    unreachableCounties { name }
    verdicts { eligible reason sentence cites contactCount provider { id name } }
  }
}""",
        '{"number": 1001}',
    ),
    (
        "5. Publish it",
        """
mutation Publish($number: Int!) {
  publishReferral(input: {number: $number}) {
    referral { number status publications { number audience { eligible reason provider { name } } } }
    userErrors { code message field }
  }
}""",
        '{"number": 1001}',
    ),
    (
        "6. The grid: open referrals, oldest first",
        """
query Grid($after: String) {
  referrals(first: 20, after: $after) {
    totalCount
    pageInfo { hasNextPage endCursor }
    nodes {
      number status age overdue
      facility { code }
      consumer { name dmhId birthDate gender }
      preferredCounties { name }
      pendingPlacement { since }
      ownResponse { kind provision }
    }
  }
}""",
        "{}",
    ),
    (
        "7. As a provider: answer with a provision",
        """
mutation Respond($input: RespondToReferralInput!) {
  respondToReferral(input: $input) {
    referral { number ownResponse { kind provision comments version } }
    userErrors { code message field }
  }
}""",
        '{"input": {"number": 1001, "kind": "TENTATIVE", "provision": "STAFFING", "comments": "From next month."}}',
    ),
    (
        "8. As the coordinator: one referral with everything",
        """
query View($number: Int!) {
  referral(number: $number) {
    number status age
    facility { code name }
    primaryCoordinator { name email phone }
    consumer { name age gender guardians { name relationship phone } }
    responses { provider { id name } kind provision comments versions { version kind answeredAt answeredBy } }
    exclusions { provider { name } reason }
    timeline { at act by detail }
  }
}""",
        '{"number": 1001}',
    ),
    (
        "9. Set the pending placement, then close",
        """
mutation Choose($number: Int!, $provider: ID!) {
  setPendingPlacement(input: {number: $number, providerId: $provider}) {
    referral { pendingPlacement { since provider { name } } }
    userErrors { code message field }
  }
}

mutation Close($number: Int!, $provider: ID!) {
  closeReferral(input: {number: $number, outcome: PLACED, placedWithId: $provider}) {
    referral { number status closedAt closeOutcome }
    userErrors { code message field }
  }
}""",
        '{"number": 1001, "provider": "the id of a provider that accepted, from tab 8"}',
    ),
)
"""Title, document and variables of each tab."""
