"""Elastic Beanstalk: its operations, its environments' lives, its words."""
