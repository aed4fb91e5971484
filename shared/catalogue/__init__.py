"""What is for sale, and on which terms: records that operators publish, version after version."""
