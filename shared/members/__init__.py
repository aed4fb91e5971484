"""What a member holds beside goods and money: coupons and points, as they are given out."""
